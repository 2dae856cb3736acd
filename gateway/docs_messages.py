"""The tables of the documentation page: what a request and an answer consist of."""

from collections.abc import Collection, Iterator

from markupsafe import Markup

from gateway.docs_markup import Node, class_chip, codes, inline, join, limits, plain_type, prose, ref


class Messages:
    """Describes messages for one page: each where it is met first, and from then on by a link to there.

    ``capabilities`` are those whose own request and answer stand under their heading.
    """

    def __init__(self, schemas: Node, capabilities: Collection[str]) -> None:
        self._schemas = schemas
        self._capabilities = capabilities
        self._described: set[str] = set()

    def tables(self, schema: Node, *, is_answer: bool) -> Markup:
        """The table of a message, then those of the messages inside it that are new on this page."""
        name = ref(schema)
        tables = [self.table(self._schemas[name], is_answer=is_answer)]
        self._described.add(name)
        for inner in self._inside(name):
            if inner not in self._described:
                self._described.add(inner)
                title = Markup('<h4 id="type-{}">{} <span class="of">{}</span></h4>').format(
                    inner, inner, inline(self._schemas[inner].get("description", ""))
                )
                tables += [title, self.table(self._schemas[inner], is_answer=is_answer)]
        return join(tables)

    def table(self, schema: Node, *, is_answer: bool) -> Markup:
        """One table of these properties, without the messages inside them."""
        required = schema.get("required", ())
        rows = [
            self._row(n, f, is_answer=is_answer, needed=n in required)
            for n, f in schema["properties"].items()
        ]
        heads = ("Field", "Type", "Data class", "Meaning") if is_answer else ("Field", "Type", "Meaning")
        return Markup('<table class="{}"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(
            "answer" if is_answer else "request",
            join(Markup("<th>{}</th>").format(head) for head in heads),
            join(rows),
        )

    def _inside(self, name: str) -> Iterator[str]:
        for schema in self._schemas[name]["properties"].values():
            inner = ref(schema.get("items", schema))
            if inner and "properties" in self._schemas[inner]:
                yield inner
                yield from self._inside(inner)

    def _row(self, name: str, field: Node, *, is_answer: bool, needed: bool) -> Markup:
        label = Markup('<code class="name">{}</code>').format(name)
        if needed and not is_answer:
            label += Markup('<span class="needed">required</span>')
        cells = [label, self._type(field)]
        if is_answer:
            cells.append(class_chip(field["x-data-class"]) if "x-data-class" in field else Markup())
        cells.append(prose(field.get("description", "")) + self._values(field))
        return Markup("<tr>{}</tr>").format(join(Markup("<td>{}</td>").format(cell) for cell in cells))

    def _type(self, field: Node) -> Markup:
        inner = field.get("items", field)
        name = ref(inner)
        many = Markup("list of ") if "items" in field else Markup()
        if not name:
            return many + Markup("{}{}").format(plain_type(inner), limits(field))
        if "enum" in self._schemas[name]:
            return many + Markup("one of")
        return many + Markup('<a href="#{}">{}</a>').format(self._anchor(name), name) + limits(field)

    def _anchor(self, name: str) -> str:
        """Where a message is described: under its own heading, or as its capability's request or answer."""
        for suffix in ("Request", "Response"):
            owner = name.removesuffix(suffix)
            if name.endswith(suffix) and owner in self._capabilities:
                return owner
        return f"type-{name}"

    def _values(self, field: Node) -> Markup:
        enum = self._schemas.get(ref(field.get("items", field)), {})
        if "enum" not in enum:
            return Markup()
        meanings = enum.get("x-enum-descriptions", {})
        shown = [v for v in enum["enum"] if not v.endswith("_UNSPECIFIED")]
        if not meanings:
            return codes(shown)
        items = [
            Markup("<li><code>{}</code> {}</li>").format(value, inline(meanings.get(value, "")))
            for value in shown
        ]
        return Markup('<ul class="values">{}</ul>').format(join(items))
