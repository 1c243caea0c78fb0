"""The challenge schedule of a run: what goes out to the hospitals, as a workbook, as CSV and as FHIR."""
