// A person's own page: printed, and read aloud by the browser's own voice in the page's language. Nothing is sent anywhere.
const print = document.getElementById("own-print");
const aloud = document.getElementById("own-aloud");
const words = document.getElementById("own-words");

print.hidden = false;
print.addEventListener("click", () => window.print());

if ("speechSynthesis" in window) {
  const start = aloud.textContent;
  let reading = 0;
  const stop = () => { reading += 1; aloud.textContent = start; aloud.setAttribute("aria-pressed", "false"); };
  aloud.hidden = false;
  aloud.addEventListener("click", () => {
    window.speechSynthesis.cancel();
    if (aloud.getAttribute("aria-pressed") === "true") { stop(); return; }
    const mine = reading += 1;
    // What was cancelled says so a moment later: that ends no reading that has begun since.
    const ended = () => { if (mine === reading) stop(); };
    // Line by line: a browser falls silent in the middle of one long text.
    const lines = words.innerText.split("\n").map((line) => line.trim()).filter(Boolean);
    lines.forEach((line, number) => {
      const said = new SpeechSynthesisUtterance(line);
      said.lang = document.documentElement.lang;
      said.addEventListener("error", ended);
      if (number === lines.length - 1) said.addEventListener("end", ended);
      window.speechSynthesis.speak(said);
    });
    aloud.textContent = aloud.dataset.quiet;
    aloud.setAttribute("aria-pressed", "true");
  });
  window.addEventListener("pagehide", () => window.speechSynthesis.cancel());
}
