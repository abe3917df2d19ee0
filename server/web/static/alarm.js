// An alarm renews itself while somebody is at it: where it stands, who has it, where they were last, what was done. What is being
// typed stays, and so does whatever has the focus. Asking keeps no session alive.
const place = document.getElementById("alarm-stands");
const silent = document.getElementById("alarm-silent");
const RENEWED = ["alarm-stands", "alarm-take", "alarm-reach", "alarm-log"];
const EVERY_MS = 15000;
const UNTOUCHED_MS = 10 * 60 * 1000;
let touched = Date.now();

for (const kind of ["pointermove", "keydown", "scroll"]) {
  document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
}

function say(words) {
  silent.textContent = words;
  silent.hidden = !words;
}

function renew(id, page) {
  const old = document.getElementById(id);
  const now = page.getElementById(id);
  if (now && old.innerHTML !== now.innerHTML && !old.contains(document.activeElement)) old.innerHTML = now.innerHTML;
}

async function ask() {
  if (Date.now() - touched >= UNTOUCHED_MS) {
    say("This page has stopped renewing itself because nobody has touched it for ten minutes.");
    window.setTimeout(ask, EVERY_MS);
    return;
  }
  try {
    const answer = await fetch(place.dataset.path, { headers: { accept: "text/html" }, redirect: "manual", signal: AbortSignal.timeout(8000) });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of RENEWED) renew(id, page);
      const moved = document.getElementById("map-moved");
      const seen = page.getElementById("map-moved");
      if (moved && seen) moved.hidden = moved.dataset.at === seen.dataset.at;
      say("");
      if (page.getElementById("alarm-stands").dataset.over) return;
    } else {
      say("This page is not signed in any more: it stands still. Sign in again.");
    }
  } catch {
    say("The server cannot be reached: this page stands still. Ring whoever is out.");
  }
  window.setTimeout(ask, EVERY_MS);
}

window.setTimeout(ask, EVERY_MS);
