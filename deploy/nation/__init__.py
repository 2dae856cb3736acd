"""A synthetic nation: invented people whose numbers, names, cards and work look like the real ones.

Nothing in it describes a real person. The same population, seed and date give the
same rows, byte for byte. Sources and plausibility: ``docs/nation.md``.

``python -m deploy.nation --population N --seed S`` loads it; :func:`sample` draws
people from a loaded one.
"""

from deploy.nation.sampling import SampledPerson, sample

__all__ = ["SampledPerson", "sample"]
