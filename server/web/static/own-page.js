// A person's own page: printed, and read aloud by the browser's own voice in the page's language. Nothing is sent anywhere.
const print = document.getElementById("own-print");
const aloud = document.getElementById("own-aloud");
const words = document.getElementById("own-words");

print.hidden = false;
print.addEventListener("click", () => window.print());

if ("speechSynthesis" in window) {
  const start = aloud.textContent;
  const stop = () => { aloud.textContent = start; aloud.setAttribute("aria-pressed", "false"); };
  aloud.hidden = false;
  aloud.addEventListener("click", () => {
    if (aloud.getAttribute("aria-pressed") === "true") { window.speechSynthesis.cancel(); stop(); return; }
    window.speechSynthesis.cancel();
    // Line by line: a browser falls silent in the middle of one long text.
    const lines = words.innerText.split("\n").map((line) => line.trim()).filter(Boolean);
    lines.forEach((line, number) => {
      const said = new SpeechSynthesisUtterance(line);
      said.lang = document.documentElement.lang;
      said.addEventListener("error", stop);
      if (number === lines.length - 1) said.addEventListener("end", stop);
      window.speechSynthesis.speak(said);
    });
    aloud.textContent = aloud.dataset.quiet;
    aloud.setAttribute("aria-pressed", "true");
  });
  window.addEventListener("pagehide", () => window.speechSynthesis.cancel());
}
