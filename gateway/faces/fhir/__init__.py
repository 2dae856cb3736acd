"""FHIR R4 (4.0.1): the coverage check, the cards and the past visits as HL7's resources.

Translation only. Each interaction is one capability of the contract:

    POST CoverageEligibilityRequest             CheckCoverage
    GET  Coverage/{id}, POST Coverage/_search   GetCoverage
    POST ExplanationOfBenefit/_search           ListVisits

What is written is the answer after its masks; what the grant does not cover is not
there to be translated.
"""
