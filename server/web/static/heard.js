// A press by which somebody is heard may meet no network, whatever the browser believes of it, and the browser's error page would
// then stand where the way to be heard was. So the server is asked for first. `data-unheard` says what nobody knows meanwhile.
const WAIT_MS = 8000;

function say(form, words) {
  let place = form.querySelector("[data-heard]");
  if (!place) {
    place = document.createElement("p");
    place.className = "govuk-error-message";
    place.setAttribute("role", "alert");
    place.dataset.heard = "";
    form.append(place);
  }
  place.textContent = words;
}

async function isReached() {
  try {
    await fetch("/alive", { cache: "no-store", signal: AbortSignal.timeout(WAIT_MS) });
    return true;  // whatever was answered
  } catch (error) {
    return error.name === "TimeoutError";  // slow is not gone: the press itself may wait longer
  }
}

async function press(form, button) {
  form.dataset.asking = "yes";
  say(form, "Looking for a network…");
  const reached = await isReached();
  delete form.dataset.asking;
  say(form, reached ? "" : `No signal: nothing was sent. ${form.dataset.unheard}`);
  if (!reached) return;
  form.dataset.found = "yes";
  form.requestSubmit(button);
}

for (const form of document.querySelectorAll("form[data-unheard]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.found) { delete form.dataset.found; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!form.dataset.asking) press(form, event.submitter);
  }, true);
}
