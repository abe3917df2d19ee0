// Renews the live map when something has come in, without a reload. It asks for a stamp that tells nothing; only when that has
// changed is the page itself fetched, which is written down like any reading of it. A page that nobody touches stops asking.
const said = document.getElementById("live-said");
const EVERY_MS = 30000;
const UNTOUCHED_MS = 10 * 60 * 1000;
let touched = Date.now();
let stamp = said.dataset.stamp;

for (const kind of ["pointermove", "keydown", "scroll"]) {
  document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
}

async function fetchText(path) {
  const answer = await fetch(path, { headers: { accept: "text/html", "x-lantern-renews": "yes" }, redirect: "manual", signal: AbortSignal.timeout(8000) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

async function renew() {
  const fresh = new DOMParser().parseFromString(await fetchText(window.location.href), "text/html");
  const content = fresh.getElementById("live-content");
  if (!content) throw new Error("no content");
  document.getElementById("live-content").replaceWith(content);
  stamp = fresh.getElementById("live-said").dataset.stamp;
  const data = document.getElementById("map-data");
  if (data) document.dispatchEvent(new CustomEvent("map-renewed", { detail: JSON.parse(data.textContent) }));
  said.textContent = `Renewed at ${new Date().toTimeString().slice(0, 5)}.`;
}

async function ask() {
  if (Date.now() - touched < UNTOUCHED_MS) {
    try {
      if ((await fetchText("/live-map/stamp")) !== stamp) await renew();
    } catch {
      said.textContent = "This page could not renew itself. It shows what was known before.";
    }
  } else {
    said.textContent = "This page has stopped renewing itself because nobody has touched it for ten minutes.";
  }
  window.setTimeout(ask, EVERY_MS);
}

window.setTimeout(ask, EVERY_MS);
