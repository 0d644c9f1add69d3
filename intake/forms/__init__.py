"""The fields of a complaint: typed into a message (`typed`), or filled into a form that came with it (`attached`).

The keys are the same wherever they stand: name, full_name (three names), address, postcode, phone, mail, unit,
description, place_date, date, signature, answer_by. `labels.toml` says how they are called in each language.
"""
