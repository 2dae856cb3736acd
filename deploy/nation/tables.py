"""The tables that a nation fills: which database, which columns in which order."""

TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "identity": {
        "person": (
            "person_id", "changed_at", "birth_date", "birth_year", "sex", "personal_id", "si_number",
            "full_name", "match_key", "province_code",
        ),
        "person_identifier": ("identifier", "person_id"),
        "verification": ("person_id", "month", "outcome"),
    },
    "contributions": {
        "employer": (
            "employer_id", "changed_at", "region", "employer_code", "name", "province_code", "sector",
        ),
        "participant": ("person_id", "birth_year", "sex"),
        "participation": (
            "person_id", "employer_id", "base_vnd", "changed_at", "valid_from", "valid_to", "schemes",
            "position",
        ),
    },
    "health_claims": {
        "facility": (
            "code", "level", "name", "province_code", "former_tier", "points", "provisional", "polyclinic",
        ),
        "holder": (
            "person_id", "changed_at", "birth_date", "five_years_on", "birth_year", "sex", "full_name",
            "match_key", "living_area",
        ),
        "holder_identifier": ("identifier", "person_id"),
        "card": (
            "person_id", "changed_at", "valid_from", "valid_to", "benefit_digit", "status", "card_code",
            "subject_code", "province_code", "facility_code",
        ),
        "employment": (
            "person_id", "version", "changed_at", "carded_until", "covered", "employer_code", "sector",
            "province_code",
        ),
        "copay_year": (
            "person_id", "copay_vnd", "paid_before_change", "changed_at", "exceeded_on", "year",
        ),
        "treatment": ("person_id", "version", "facility_code", "treatment_code"),
        "stay": (
            "person_id", "opened_at", "closed_at", "operation_id", "facility_code", "treatment_code",
        ),
        "dossier": (
            "person_id", "cost_vnd", "insured_cost_vnd", "fund_vnd", "copay_vnd", "copay_counted_vnd",
            "patient_vnd", "fund_computed_vnd", "admitted_at", "discharged_at", "received_at", "operation_id",
            "version", "outcome", "stands", "has_sensitive", "facility_code", "treatment_code", "visit_kind",
            "patient_kind", "main_diagnosis", "other_diagnoses", "diagnosis_text", "card_code", "digest",
            "content",
        ),
        "dossier_drug": (
            "person_id", "cost_vnd", "fund_vnd", "version", "line", "ordered_on", "lasts_until",
            "facility_code", "treatment_code", "substance_code", "name", "strength", "unit", "route",
            "directions", "quantity",
        ),
        "dossier_service": (
            "person_id", "cost_vnd", "fund_vnd", "version", "line", "ordered_on", "facility_code",
            "treatment_code", "code", "name", "unit", "quantity",
        ),
        "dossier_sensitive": (
            "person_id", "version", "has_hiv_table", "facility_code", "treatment_code", "diagnoses",
            "diagnosis_text", "content",
        ),
        "population": ("year", "area", "persons", "published_on", "source", "loaded_by", "loaded_at"),
    },
}  # fmt: skip

STAGED: dict[str, tuple[str, ...]] = {"arrears": ("employer_id", "first_unpaid", "partly")}
"""Temporary tables of a load, from which others are computed."""

DATABASES = tuple(TABLES)
