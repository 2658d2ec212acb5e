"""Text: language, words, sentiment, and the plain operations on strings."""

from __future__ import annotations

import re

from retake.tools.family import Family, Query, Result, World
from retake.tools.seeded import Dice

family = Family(
    "text",
    "text word words language translate translation sentence string sentiment summary summarize dictionary definition synonym synonyms grammar spelling paraphrase keyword characters count detect",
)

_GOOD = frozenset(
    [
        "good",
        "great",
        "excellent",
        "love",
        "wonderful",
        "happy",
        "best",
        "amazing",
        "nice",
        "perfect",
        "enjoy",
        "fantastic",
        "like",
    ]
)
_BAD = frozenset(
    [
        "bad",
        "terrible",
        "awful",
        "hate",
        "worst",
        "sad",
        "poor",
        "horrible",
        "broken",
        "disappointed",
        "slow",
        "wrong",
        "angry",
    ]
)
_PHRASES = {
    "hello": {"es": "hola", "fr": "bonjour", "de": "hallo", "it": "ciao", "ja": "こんにちは"},
    "thank you": {"es": "gracias", "fr": "merci", "de": "danke", "it": "grazie", "ja": "ありがとう"},
    "good morning": {
        "es": "buenos días",
        "fr": "bonjour",
        "de": "guten Morgen",
        "it": "buongiorno",
        "ja": "おはようございます",
    },
    "goodbye": {"es": "adiós", "fr": "au revoir", "de": "auf Wiedersehen", "it": "arrivederci", "ja": "さようなら"},
}
_LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "ja": "Japanese",
    "zh": "Chinese",
    "ko": "Korean",
    "ru": "Russian",
    "ar": "Arabic",
    "hi": "Hindi",
}
_MARKERS = {
    "es": " el los una es por para que ",
    "fr": " le les une est pour dans que ",
    "de": " der die das und ist nicht ein ",
    "it": " il gli una per che sono ",
    "en": " the and is of to a in ",
}


def _code(text: str) -> str:
    plain = text.strip().lower()
    return next((code for code, name in _LANGUAGES.items() if plain in (code, name.lower())), plain[:5] or "en")


@family.tool(
    "translate_text translate translation text_translation google_translate translator language_translation",
    needs="text language",
)
def translate_text(query: Query, world: World) -> Result:
    text, target = query.text("text", "hello"), _code(query.text("language", "es"))
    known = _PHRASES.get(text.lower().strip(" !.?"), {}).get(target)
    return {
        "text": text,
        "source_language": detected(text),
        "target_language": target,
        "translated_text": known or f"[{_LANGUAGES.get(target, target)}] {text}",
    }


def detected(text: str) -> str:
    """Return the code of the language that a text seems to be in; English where nothing tells."""
    if re.search(r"[\u3040-\u30ff]", text):
        return "ja"
    for code, span in (
        ("zh", "\u4e00-\u9fff"),
        ("ko", "\uac00-\ud7af"),
        ("ru", "\u0400-\u04ff"),
        ("ar", "\u0600-\u06ff"),
        ("hi", "\u0900-\u097f"),
    ):
        if re.search(f"[{span}]", text):
            return code
    words = re.findall(r"\w+", text.lower())
    return max(("en", "es", "fr", "de", "it"), key=lambda code: sum(f" {word} " in _MARKERS[code] for word in words))


@family.tool(
    "detect_language language_detection detect_text_language identify_language language_detector", needs="text"
)
def detect_language(query: Query, world: World) -> Result:
    code = detected(query.text("text"))
    return {"language": code, "name": _LANGUAGES[code], "confidence": 0.9}


@family.tool("supported_languages list_languages languages available_languages")
def supported_languages(query: Query, world: World) -> Result:
    return {"languages": [{"code": code, "name": name} for code, name in _LANGUAGES.items()]}


@family.tool(
    "sentiment_analysis analyze_sentiment sentiment text_sentiment sentiment_analyzer analyze_text_sentiment",
    needs="text",
)
def sentiment_analysis(query: Query, world: World) -> Result:
    words = re.findall(r"[a-z']+", query.text("text").lower())
    score = sum(word in _GOOD for word in words) - sum(word in _BAD for word in words)
    label = "positive" if score > 0 else "negative" if score < 0 else "neutral"
    return {"sentiment": label, "score": max(-1.0, min(1.0, round(score / 3, 2))), "words": len(words)}


@family.tool(
    "word_count count_words text_statistics text_stats character_count word_counter readability text_analysis analyze_text",
    needs="text",
)
def word_count(query: Query, world: World) -> Result:
    text = query.text("text")
    words = re.findall(r"\w+", text)
    return {
        "words": len(words),
        "characters": len(text),
        "sentences": max(len(re.findall(r"[.!?]+", text)), 1 if words else 0),
        "reading_time_s": round(len(words) / 3.5),
    }


@family.tool(
    "word_definition define_word dictionary definition dictionary_lookup define word_meaning word_definitions urban_dictionary lookup_word dictionary_search",
    needs="word",
)
def word_definition(query: Query, world: World) -> Result:
    word = query.text("word", "word")
    dice = Dice("word", word)
    return {
        "word": word,
        "part_of_speech": dice.pick(("noun", "verb", "adjective")),
        "definitions": [f"The sense in which {word!r} is most often used."],
        "example": f"She wrote {word!r} in her notebook.",
        "syllables": max(len(re.findall(r"[aeiouy]+", word.lower())), 1),
    }


@family.tool(
    "word_synonyms synonyms thesaurus find_synonyms related_words similar_words antonyms word_antonyms rhymes rhyming_words",
    needs="word",
)
def word_synonyms(query: Query, world: World) -> Result:
    known = {
        "happy": ("glad", "cheerful", "joyful"),
        "big": ("large", "huge", "great"),
        "fast": ("quick", "swift", "rapid"),
        "sad": ("unhappy", "sorrowful", "down"),
    }
    word = query.text("word", "happy").lower()
    return {"word": word, "synonyms": list(known.get(word, ())), "found": word in known}


@family.tool(
    "spell_check grammar_check check_spelling check_grammar spelling proofread correct_text spell_checker grammar_checker",
    needs="text",
)
def spell_check(query: Query, world: World) -> Result:
    text = query.text("text")
    slips = {
        "teh": "the",
        "recieve": "receive",
        "seperate": "separate",
        "definately": "definitely",
        "occured": "occurred",
        "alot": "a lot",
    }
    found = [word for word in re.findall(r"[a-z]+", text.lower()) if word in slips]
    fixed = text
    for word in found:
        fixed = re.sub(rf"\b{word}\b", slips[word], fixed, flags=re.IGNORECASE)
    return {"text": text, "corrected": fixed, "issues": [{"word": word, "suggestion": slips[word]} for word in found]}


@family.tool(
    "summarize_text text_summary summarize summary text_summarization text_summarizer summarizer", needs="text"
)
def summarize_text(query: Query, world: World) -> Result:
    parts = re.split(r"(?<=[.!?])\s+", query.text("text"))
    return {"summary": " ".join(parts[: max(1, len(parts) // 3)]), "sentences_in": len(parts)}


@family.tool(
    "extract_keywords keyword_extraction keywords extract_key_phrases entity_extraction extract_entities named_entity_recognition",
    needs="text",
)
def extract_keywords(query: Query, world: World) -> Result:
    words = re.findall(r"[A-Za-z]{5,}", query.text("text"))
    ranked = sorted({word.lower() for word in words}, key=lambda word: (-sum(word == w.lower() for w in words), word))
    return {"keywords": ranked[:8], "entities": sorted({word for word in words if word[0].isupper()})[:8]}


@family.tool(
    "change_case convert_case text_case uppercase lowercase to_uppercase to_lowercase case_converter", needs="text"
)
def change_case(query: Query, world: World) -> Result:
    text, named = (
        query.text("text"),
        f"{query.tool} {query.arguments.get('case', '')} {query.arguments.get('case_type', '')}".lower(),
    )
    made = text.lower() if "lower" in named else text.title() if "title" in named else text.upper()
    return {"text": text, "result": made}


@family.tool("reverse_string reverse_text string_reverse reverse", needs="text")
def reverse_string(query: Query, world: World) -> Result:
    return {"text": query.text("text"), "result": query.text("text")[::-1]}


@family.tool("is_palindrome palindrome_check check_palindrome palindrome", needs="text")
def is_palindrome(query: Query, world: World) -> Result:
    plain = re.sub(r"\W", "", query.text("text").lower())
    return {"text": query.text("text"), "is_palindrome": plain == plain[::-1]}


@family.tool(
    "profanity_filter profanity_check check_profanity content_moderation moderate_text profanity", needs="text"
)
def profanity_filter(query: Query, world: World) -> Result:
    return {
        "text": query.text("text"),
        "contains_profanity": False,
        "categories": {"hate": 0.0, "violence": 0.0, "harassment": 0.0},
    }
