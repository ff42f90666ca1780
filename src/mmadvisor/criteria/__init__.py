"""The types of criterion: what is required of a patient, and how it is decided whether the patient meets it."""
