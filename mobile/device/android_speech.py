"""plyer's speech facade over Android's, where plyer's own breaks: imported on Android alone.

plyer 2.1.0 starts an engine for each sentence and sleeps up to ten seconds on the caller's thread, which is the one that draws;
and it speaks US English whatever the language. Here one engine is started at the first sentence, nothing waits, and a phone
without a voice for the language stays silent rather than read Polish as English.
"""

from typing import Any

from jnius import PythonJavaClass, autoclass, cast, java_method
from plyer.facades import TTS


class Ready(PythonJavaClass):
    """Android tells when the engine may be spoken to."""

    __javainterfaces__ = ("android/speech/tts/TextToSpeech$OnInitListener",)
    __javacontext__ = "app"

    def __init__(self, speech: "AndroidSpeech") -> None:
        super().__init__()
        self._speech = speech

    @java_method("(I)V", name="onInit")
    def ready(self, status: int) -> None:
        """Bound, or not."""
        self._speech.became_ready(status)


class AndroidSpeech(TTS):
    """One engine, and the newest sentence while it is not ready."""

    def __init__(self) -> None:
        self._engine: Any = None
        self._listener: Any = None
        self._is_ready = False
        self._waiting: tuple[str, str] | None = None

    def became_ready(self, status: int) -> None:
        """Say what waits, if the engine works at all."""
        self._is_ready = status == autoclass("android.speech.tts.TextToSpeech").SUCCESS
        if self._is_ready and self._waiting is not None:
            self._say(*self._waiting)
        self._waiting = None

    def _speak(self, **kwargs: Any) -> None:
        sentence = (kwargs["message"], kwargs.get("language", "en"))
        if self._is_ready:
            self._say(*sentence)
            return
        self._waiting = sentence
        if self._engine is None:
            activity = autoclass("org.kivy.android.PythonActivity").mActivity
            self._listener = Ready(self)
            self._engine = autoclass("android.speech.tts.TextToSpeech")(activity, self._listener)

    def speak_in(self, language: str, message: str) -> None:
        """Speak in a language, by its code."""
        self._speak(message=message, language=language)

    def _say(self, message: str, language: str) -> None:
        kind = autoclass("android.speech.tts.TextToSpeech")
        if self._engine.setLanguage(autoclass("java.util.Locale").forLanguageTag(language)) < kind.LANG_AVAILABLE:
            return
        text = cast("java.lang.CharSequence", autoclass("java.lang.String")(message))
        self._engine.speak(text, kind.QUEUE_FLUSH, None, "lantern")
