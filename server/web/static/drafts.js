// Keeps what is typed into a form on the server, sealed, until it is sent: nothing of it rests in this browser. A form that is
// kept carries a mark. Without this file a form that comes too late is kept all the same.
const PAUSE_MS = 1500;
const RETRY_MS = 5000;
const KEEPALIVE_BYTES = 60000;
const forms = [...document.querySelectorAll("form")].filter((form) => form.elements.namedItem("_draft")?.value);

// What a writer can change. The rest of a form says what it is about and what it began from, and is the page's own.
const TYPED = new Set(["text", "date", "time", "email", "search", "tel", "number", "checkbox", "radio", "select-one", "textarea"]);
const isTicked = ({ type }) => type === "checkbox" || type === "radio";
const began = new WeakSet(); // forms in which the page shows what is on record, and not what somebody sent
const carried = new WeakMap(); // what was left in a form before, field by field

// What stands in each field of a form, and what the page showed there, by name.
function look(form) {
  const found = new Map();
  for (const control of form.elements) {
    const { name, type } = control;
    if (!TYPED.has(type) || control.disabled || !name || name.startsWith("_") || name.startsWith("was_")) continue;
    if (!found.has(name)) found.set(name, { controls: [], now: [], shown: [] });
    const field = found.get(name);
    field.controls.push(control);
    const [isNow, wasShown] = isTicked(control) ? [control.checked, control.defaultChecked] : [true, true];
    const shown = type === "select-one" ? (shownOption(control)?.value ?? "") : isTicked(control) ? control.value : control.defaultValue;
    if (isNow) field.now.push(control.value);
    if (wasShown) field.shown.push(shown);
  }
  return found;
}

const shownOption = ({ options }) => [...options].find((each) => each.defaultSelected) ?? options[0];
const plain = (values) => (values.length === 1 ? values[0] : values);
function same(one, other) {
  const [these, those] = [one, other].map((each) => [].concat(each));
  if (these.length > 1 || those.length > 1) return these.length === those.length && these.every((each, place) => each === those[place]);
  return (these[0] ?? "") === (those[0] ?? "");
}

// Did its writer put something else into a field of what was left than the page showed? Of a form that came too late nobody knows.
const isTyped = (fields, name) => Boolean(fields?.has(name)) && !(fields.has(`was_${name}`) && same(fields.get(name), fields.get(`was_${name}`)));

// A form as it stands. `was_` is what the page showed in a field when its writer began: so it is known later what they changed,
// and what somebody else has changed since.
const read = (form) => {
  const fields = new Map();
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith("_") || typeof value !== "string") continue;
    fields.set(name, fields.has(name) ? [].concat(fields.get(name), value) : value);
  }
  const before = carried.get(form);
  for (const [name, { now, shown }] of look(form)) {
    if (!fields.has(name)) fields.set(name, plain(now)); // a browser says nothing of an empty box
    const was = `was_${name}`;
    if (isTyped(before, name)) { if (before.has(was)) fields.set(was, before.get(was)); }
    else if (began.has(form) && !fields.has(was)) fields.set(was, plain(shown));
  }
  return Object.fromEntries(fields);
};
// One address may take several forms of a page, and one form have presses of several addresses: its part says which it is.
const partOf = (form) => form.elements.namedItem("_part")?.value ?? "";
const pathOf = (form) => new URL(form.getAttribute("action") || window.location.pathname, window.location.href).pathname;
const action = (form) => {
  const part = partOf(form);
  if (part.startsWith("/")) return part;
  return part ? `${pathOf(form)}#${part}` : pathOf(form);
};
const time = (moment) => moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const when = (moment) => {
  const isToday = moment.toDateString() === new Date().toDateString();
  return isToday ? `at ${time(moment)}` : `on ${moment.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" })} at ${time(moment)}`;
};

function send(form, more) {
  const body = JSON.stringify({ mark: form.elements.namedItem("_draft").value, action: action(form), fields: read(form), ...more });
  return fetch("/drafts", {
    method: "POST", body, signal: AbortSignal.timeout(10000), keepalive: body.length < KEEPALIVE_BYTES / 3,
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
  let last = form.dataset.touched ? "" : JSON.stringify(read(form));
  const flying = new Set();
  let isUnkept = false;
  let isSent = false;
  let isReaching = false;
  const keepNow = async (now) => {
    try {
      const answer = await send(form, {});
      if (!answer.ok) throw new Error("not kept");
      last = now;
      isUnkept = false;
      if (!isSent) note(form).textContent = `Kept at ${time(new Date())}. Not sent yet.`;
    } catch {
      if (isSent) return;
      isUnkept = true;
      note(form).textContent = "Not kept yet. Trying again.";
      timer = window.setTimeout(keep, RETRY_MS);
    }
  };
  const keep = () => {
    const now = JSON.stringify(read(form));
    if (now === last || isSent) return;
    const kept = keepNow(now).finally(() => flying.delete(kept));
    flying.add(kept);
  };
  const later = () => { isSent = false; window.clearTimeout(timer); timer = window.setTimeout(keep, PAUSE_MS); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  if (form.dataset.touched) later();
  // Words that are being kept arrive before the form they stand in, or they would be there afterwards as not sent. And a press
  // without signal would put the browser's own error page in the place of the form, and of what stands in it.
  const reach = async (button) => {
    try {
      await Promise.all(flying);
      window.clearTimeout(timer);
      if (isUnkept || !navigator.onLine) await send(form, {});  // whatever is answered: the press itself tells what is wrong
      form.dataset.reached = "yes";
      form.requestSubmit(button);
    } catch {
      note(form).textContent = "No signal: nothing was sent. What you typed stands here. Press again once there is a network.";
    } finally { isReaching = false; }
  };
  form.addEventListener("submit", (event) => {
    window.clearTimeout(timer);
    if (form.dataset.reached || (navigator.onLine && !isUnkept && !flying.size)) {
      delete form.dataset.reached;
      isSent = true;
      return;
    }
    event.preventDefault();
    if (isReaching) return;
    isReaching = true;
    reach(event.submitter);
  });
  // Another form's press takes the page away: what stands in this one is on its way before.
  document.addEventListener("submit", (event) => {
    if (event.target !== form) { window.clearTimeout(timer); keep(); }
  }, { capture: true });
  window.addEventListener("pageshow", (event) => { if (event.persisted) isSent = false; });
  for (const kind of ["pagehide", "visibilitychange"]) {
    window.addEventListener(kind, () => { if (kind === "pagehide" || document.hidden) { window.clearTimeout(timer); keep(); } });
  }
}

// Whom a numbered field is about, or which question it answers, a hidden one of the same ending says. What was typed for another
// is not laid there: returns the endings, and whether it is anywhere else on the page.
function listOthers(form, fields) {
  const about = [...form.elements].filter(({ type, name }) => type === "hidden" && /^(?:case|version)_/.test(name));
  const others = new Map();
  for (const { name, value } of about) {
    const before = fields.get(name);
    if (before === undefined || before === value) continue;
    others.set(name.slice(name.indexOf("_")), name.startsWith("case_") && about.some((each) => each.value === before));
  }
  return others;
}

// Lays what was left in a form over what its writer has not touched; returns whether some of it has no place there any more.
function fill(form, fields) {
  const others = listOthers(form, fields);
  let isApart = false;
  for (const [name, { controls, now, shown }] of look(form)) {
    const typed = fields.get(name);
    const was = fields.get(`was_${name}`);
    if (!isTyped(fields, name) || !same(now, shown) || same(typed, shown)) continue;
    const other = [...others.keys()].find((each) => name.endsWith(each));
    if (other !== undefined) { isApart ||= !others.get(other) && [].concat(typed).some(Boolean); continue; }
    if (!lay(controls, [].concat(typed))) isApart = true;
    else if (was === undefined ? shown.some(Boolean) : !same(was, shown)) tellNewer(controls, shown);
  }
  return isApart;
}

// Returns false where there is nothing to choose any more that was chosen.
function lay(controls, typed) {
  let isLaid = false;
  for (const [place, control] of controls.entries()) {
    if (isTicked(control)) control.checked = typed.includes(control.value);
    else if (control.type === "select-one" && ![...control.options].some((each) => each.value === typed[place])) continue;
    else if (place < typed.length) control.value = typed[place];
    isLaid = true;
  }
  return isLaid;
}

// What is on record in the place of what was typed is said beside it, so that nobody writes over what they have not read.
function tellNewer(controls, shown) {
  const [first] = controls;
  const said = controls.flatMap((control, place) => {
    if (isTicked(control)) return control.defaultChecked ? [control.labels[0]?.textContent ?? control.value] : [];
    return [control.type === "select-one" ? (shownOption(control)?.textContent ?? "") : shown[place]];
  }).map((each) => each.trim()).filter(Boolean);
  const place = document.createElement("p");
  place.className = "govuk-hint";
  place.id = `${first.id || first.name}-newer`;
  place.dataset.draftNewer = "";
  place.textContent = `${said.length ? `Lantern has “${said.join(", ")}” here now.` : "Lantern has nothing here now."} What stands here is what you typed: sent, it takes its place.`;
  (first.closest(".govuk-form-group") ?? first.parentElement).append(place);
  first.setAttribute("aria-describedby", `${first.getAttribute("aria-describedby") ?? ""} ${place.id}`.trim());
}

function tell(form, at, isApart) {
  const place = note(form);
  place.textContent = `What you typed ${when(new Date(at))} is here again. It is not sent yet. `;
  if (isApart) place.textContent += "Part of it is about what no longer stands on this page, and was left out. ";
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
const isAnswered = (form) => !form.elements.namedItem("_draft").hasAttribute("data-fresh") && (partOf(form).startsWith("/") || pathOf(form) === window.location.pathname);

async function restore() {
  try {
    const mark = forms[0].elements.namedItem("_draft").value;
    const answer = await fetch(`/drafts?mark=${encodeURIComponent(mark)}`, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(10000) });
    if (!answer.ok) return;
    const drafts = await answer.json();
    for (const form of forms.filter((each) => !isAnswered(each))) began.add(form);
    for (const draft of drafts) {
      const form = forms.find((each) => action(each) === draft.action);
      if (!form || !began.has(form)) continue;
      const fields = new Map(Object.entries(draft.fields));
      carried.set(form, fields);
      tell(form, draft.changed_at, fill(form, fields));
    }
  } catch { /* what the server has filled in already stands */ }
}

if (forms.length) {
  for (const form of forms) form.addEventListener("input", () => { form.dataset.touched = "yes"; }, { once: true });
  restore().finally(() => forms.forEach(watch));
}
