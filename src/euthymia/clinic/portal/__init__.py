"""What a patient opens on a phone.

What anybody may read, and the questionnaire of check-in on a phone of one's own. It will hold preparation, the mood
diary and the patient's view of who opened the chart. It stands above visits; nothing below imports it.
"""
