"""Freezes the consent texts of the edition in force, and prints how hard they are to read.

``python docs/consents.py``            readability of each text, by a simple formula
``python docs/consents.py --freeze``   writes the hashes of a new edition; refuses to change one that is there
"""

import re
import sys
from pathlib import Path

from euthymia.evidence._consent_editions import EDITION, documents
from euthymia.evidence._consents import ConsentText, compose

HASHES = Path(__file__).parents[1] / f"src/euthymia/evidence/consents/edition-{EDITION}/hashes.csv"


def syllables(word: str) -> int:
    """About how many syllables an English word has: groups of vowels, a silent e at the end left out."""
    word = word.lower()
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith("le") and groups > 1
    return max(1, groups - silent)


def readability(text: ConsentText) -> tuple[float, float, float]:
    """Flesch reading ease, Flesch-Kincaid school grade, and words a sentence, of the paragraphs."""
    return of_prose(
        " ".join(paragraph.value for section in text.sections for paragraph in section.paragraphs)
    )


def of_prose(prose: str) -> tuple[float, float, float]:
    """The same three, of any English words that a patient reads."""
    sentences = [part for part in re.split(r"[.!?:;]+(?:\s|$)", prose) if re.search(r"[A-Za-z]", part)]
    words = re.findall(r"[A-Za-z][A-Za-z'’-]*", prose)
    each_sentence = len(words) / len(sentences)
    each_word = sum(syllables(word) for word in words) / len(words)
    ease = 206.835 - 1.015 * each_sentence - 84.6 * each_word
    return ease, 0.39 * each_sentence + 11.8 * each_word - 15.59, each_sentence


def freeze() -> None:
    """Write the hash of each text that has none yet."""
    known = dict(line.split(",") for line in HASHES.read_text().splitlines()[1:]) if HASHES.exists() else {}
    for course in documents(EDITION):
        text = compose(course)
        if known.setdefault(text.version, text.sha256) != text.sha256:
            sys.exit(f"{text.version} was released with other words. Write a new edition.")
    HASHES.write_text("version,sha256\n" + "".join(f"{name},{known[name]}\n" for name in sorted(known)))


def main() -> None:
    """Freeze, or print the readability of each text."""
    if "--freeze" in sys.argv:
        freeze()
    print(f"{'text':28} {'reading ease':>12} {'grade':>6} {'words/sentence':>15}")
    for course in documents(EDITION):
        ease, grade, length = readability(compose(course))
        print(f"{course.version:28} {ease:12.1f} {grade:6.1f} {length:15.1f}")


if __name__ == "__main__":
    main()
