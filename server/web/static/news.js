// The case list tells of somebody new without a reload: a number and a link, never a name. Asking keeps no session
// alive; it stops when nobody has touched the page for a while.
const place = document.getElementById("news");
const EVERY_MS = 20000;
const UNTOUCHED_MS = 10 * 60 * 1000;
const title = document.title;
let touched = Date.now();

for (const kind of ["pointermove", "keydown", "scroll"]) {
  document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
}

async function ask() {
  if (Date.now() - touched < UNTOUCHED_MS) {
    try {
      const answer = await fetch(place.dataset.path, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(8000) });
      if (answer.ok) show((await answer.json()).new);
    } catch { /* the next time will tell */ }
  }
  window.setTimeout(ask, EVERY_MS);
}

function show(count) {
  if (!count || place.dataset.shown === String(count)) return;
  place.dataset.shown = String(count);
  const link = document.createElement("a");
  link.className = "govuk-link";
  link.href = window.location.href;
  link.textContent = count === 1 ? "1 person is new on the list. Show them" : `${count} people are new on the list. Show them`;
  place.replaceChildren(link);
  place.hidden = false;
  document.title = `(${count}) ${title}`;
}

window.setTimeout(ask, EVERY_MS);
