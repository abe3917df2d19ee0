// Who is out, renewed without a press. A page that nobody touches for a while stops asking, so that it never keeps a session
// alive, and says so; the wall has a sign-in of its own and goes on. When somebody becomes late it sounds, once.
const place = document.getElementById("shift-news");
const silent = document.getElementById("shift-silent");
const button = document.getElementById("shift-sound");
const EVERY_MS = 15000;
const UNTOUCHED_MS = 10 * 60 * 1000;
const isWall = place.dataset.wall === "yes";
let touched = Date.now();
let said = document.getElementById("now").dataset.said;
let sound = null;

for (const kind of ["pointermove", "keydown", "scroll"]) {
  document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
}

// A browser lets a page sound only after a press.
button.hidden = false;
button.addEventListener("click", () => {
  sound = sound || new AudioContext();
  ring(0.1);
  button.textContent = "This page sounds when a check-in is late";
});

function ring(seconds) {
  if (!sound) return;
  const tone = sound.createOscillator();
  const loudness = sound.createGain();
  tone.frequency.value = 880;
  loudness.gain.value = 0.4;
  tone.connect(loudness).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + seconds);
}

// By name, not by number: one may be heard while another becomes late, or asks for help who was late before.
function isWorse(before, after) {
  const known = new Set(before.split(" "));
  return after.split(" ").some((each) => each && !known.has(each));
}

function say(words) {
  silent.textContent = words;
  silent.hidden = !words;
}

async function ask() {
  if (!isWall && Date.now() - touched >= UNTOUCHED_MS) {
    say("This page has stopped renewing itself because nobody has touched it for ten minutes. Look again, or put it on the wall.");
    window.setTimeout(ask, EVERY_MS);
    return;
  }
  try {
    const answer = await fetch(place.dataset.path, { headers: { accept: "text/html" }, redirect: "manual", signal: AbortSignal.timeout(8000) });
    if (answer.ok) {
      place.innerHTML = await answer.text();
      const now = document.getElementById("now");
      if (isWorse(said, now.dataset.said)) ring(1.5);
      said = now.dataset.said;
      document.title = now.dataset.title;
      say("");
    } else {
      say("This page is not signed in any more: it stands still. Sign in again.");
    }
  } catch {
    say("The server cannot be reached: this page stands still. Ring whoever is out.");
  }
  window.setTimeout(ask, EVERY_MS);
}

window.setTimeout(ask, EVERY_MS);
