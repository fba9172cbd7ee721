"""What a patient opens on a phone.

Empty today. It will hold preparation, questionnaires, the mood diary and the patient's view of who opened the
chart. It stands above visits; nothing below imports it.
"""
