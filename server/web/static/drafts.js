// Keeps what is typed into a form on the server, sealed, until it is sent: nothing of it rests in this browser. A form that is
// kept carries a mark. Without this file a form that comes too late is kept all the same.
const PAUSE_MS = 1500;
const RETRY_MS = 5000;
const KEEPALIVE_BYTES = 60000;
const forms = [...document.querySelectorAll("form")].filter((form) => form.elements.namedItem("_draft")?.value);

const read = (form) => {
  const fields = Object.create(null); // a field's name is no property that every object has
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith("_") || typeof value !== "string") continue;
    fields[name] = name in fields ? [].concat(fields[name], value) : value;
  }
  // A browser says nothing of an empty box. Where the page showed it ticked, that it is empty now was somebody's hand.
  for (const { type, name, checked, defaultChecked } of form.elements) {
    if (type === "checkbox" && !checked && defaultChecked) fields[name] ??= [];
  }
  return fields;
};
// One address may take several forms of a page: its part says which of them a form is.
const action = (form) => {
  const path = new URL(form.getAttribute("action") || window.location.pathname, window.location.href).pathname;
  const part = form.elements.namedItem("_part")?.value;
  return part ? `${path}#${part}` : path;
};
const time = (moment) => moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

function send(form, more, signal) {
  const body = JSON.stringify({ mark: form.elements.namedItem("_draft").value, action: action(form), fields: read(form), ...more });
  return fetch("/drafts", {
    method: "POST", body, signal: signal ?? AbortSignal.timeout(10000), keepalive: body.length < KEEPALIVE_BYTES / 3,
    headers: { "content-type": "application/json", accept: "application/json", "x-csrftoken": form.elements.namedItem("_csrf_token").value },
  });
}

function note(form) {
  let place = form.querySelector("[data-draft-note]");
  if (!place) {
    place = document.createElement("p");
    place.className = "govuk-body-s lantern-quiet";
    place.setAttribute("role", "status");
    place.dataset.draftNote = "";
    form.append(place);
  }
  return place;
}

function watch(form) {
  let timer = 0;
  let last = JSON.stringify(read(form));
  let flying = null;
  let isUnkept = false;
  const keep = async () => {
    const now = JSON.stringify(read(form));
    if (now === last || form.dataset.sent) return;
    flying = new AbortController();
    const stop = window.setTimeout(() => flying?.abort(), 10000);
    try {
      const answer = await send(form, {}, flying.signal);
      if (!answer.ok) throw new Error("not kept");
      last = now;
      isUnkept = false;
      note(form).textContent = `Kept at ${time(new Date())}. Not sent yet.`;
    } catch {
      if (!form.dataset.sent) {
        isUnkept = true;
        note(form).textContent = "Not kept yet. Trying again.";
        timer = window.setTimeout(keep, RETRY_MS);
      }
    } finally { window.clearTimeout(stop); }
  };
  const later = () => { window.clearTimeout(timer); timer = window.setTimeout(keep, PAUSE_MS); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  // A press without signal would put the browser's own error page in the place of the form, and of what stands in it.
  const reach = async (button) => {
    try {
      await send(form, {});  // whatever the server answers, it can be reached: the press itself tells what is wrong
      form.dataset.reached = "yes";
      form.requestSubmit(button);
    } catch {
      note(form).textContent = "No signal: nothing was sent. What you typed stands here. Press again once there is a network.";
    }
  };
  form.addEventListener("submit", (event) => {
    window.clearTimeout(timer);
    flying?.abort();
    if (form.dataset.reached || (navigator.onLine && !isUnkept)) { delete form.dataset.reached; return; }
    event.preventDefault();
    reach(event.submitter);
  });
  // Another form's press takes the page away: what stands in this one is on its way before.
  document.addEventListener("submit", (event) => {
    if (event.target !== form) { window.clearTimeout(timer); keep(); }
  }, { capture: true });
  for (const kind of ["pagehide", "visibilitychange"]) {
    window.addEventListener(kind, () => { if (kind === "pagehide" || document.hidden) { window.clearTimeout(timer); keep(); } });
  }
}

function fill(form, fields) {
  let changed = false;
  const places = new Map(); // the how-manieth of its name a field of words is
  for (const control of form.elements) {
    if (!control.name || control.name.startsWith("_") || !Object.hasOwn(fields, control.name)) continue;
    // `was_` is what the page showed. What somebody else has changed meanwhile stays as they left it.
    const was = form.elements.namedItem(`was_${control.name}`)?.value ?? "";
    if (was !== (fields[`was_${control.name}`] ?? "")) continue;
    const kept = [].concat(fields[control.name]);
    if (control.type === "checkbox" || control.type === "radio") {
      const wanted = kept.includes(control.value);
      changed ||= control.checked !== wanted;
      control.checked = wanted;
    } else if (control.tagName === "SELECT" || control.tagName === "TEXTAREA" || ["text", "date", "time", "email", "search", "tel", "number"].includes(control.type)) {
      const place = places.get(control.name) ?? 0;
      places.set(control.name, place + 1);
      changed ||= control.value !== (kept[place] ?? "");
      control.value = kept[place] ?? "";
    }
  }
  return changed;
}

function tell(form, at) {
  const place = note(form);
  place.textContent = `What you typed at ${time(new Date(at))} is here again. It is not sent yet. `;
  const away = document.createElement("button");
  away.type = "button";
  away.className = "lantern-link-button govuk-link";
  away.textContent = "Throw it away";
  away.addEventListener("click", async () => {
    form.reset();
    try { if ((await send(form, { gone: true })).ok) window.location.reload(); } catch { place.textContent = "This did not reach the server. Try again."; }
  });
  place.append(away);
  for (let folded = form.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
}

// A form that was sent and is shown again holds what it came with: nothing older is laid over it.
const isAnswered = (form) => !form.elements.namedItem("_draft").hasAttribute("data-fresh") && action(form).split("#")[0] === window.location.pathname;

async function restore() {
  try {
    const mark = forms[0].elements.namedItem("_draft").value;
    const answer = await fetch(`/drafts?mark=${encodeURIComponent(mark)}`, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(10000) });
    if (!answer.ok) return;
    for (const draft of await answer.json()) {
      const form = forms.find((each) => action(each) === draft.action);
      if (form && !isAnswered(form) && !form.dataset.touched) { fill(form, draft.fields); tell(form, draft.changed_at); }
    }
  } catch { /* what the server has filled in already stands */ }
}

if (forms.length) {
  for (const form of forms) form.addEventListener("input", () => { form.dataset.touched = "yes"; }, { once: true });
  restore().finally(() => forms.forEach(watch));
}
