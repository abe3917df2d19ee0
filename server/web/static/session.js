// Warns two minutes before the session ends by itself, and lets it go on (WCAG 2.2.1). Another tab may have kept it alive: the
// server is asked first, and asking keeps nothing alive.
const dialog = document.getElementById("session-ends");
const words = document.getElementById("session-ends-words");
const heading = document.getElementById("session-ends-title");
const button = document.getElementById("session-stay");
const WARN_S = 120;
let timer = 0;

async function ask(method) {
  const path = method === "POST" ? "/session/stay" : "/session";
  const answer = await fetch(path, {
    method, headers: { accept: "application/json", "x-csrftoken": dialog.dataset.csrf }, signal: AbortSignal.timeout(8000),
  });
  if (answer.status === 401 || answer.status === 303) return 0;
  if (!answer.ok) throw new Error("not now");
  return (await answer.json()).left_s;
}

function wait(left) {
  window.clearTimeout(timer);
  timer = window.setTimeout(look, Math.max(1, left - Math.min(WARN_S, left / 2)) * 1000);
}

async function look() {
  try {
    const left = await ask("GET");
    if (left > WARN_S + 5) wait(left);
    else if (left > 0) warn(left);
    else over();
  } catch { timer = window.setTimeout(look, 10000); }
}

function warn(left) {
  const minutes = Math.max(1, Math.round(left / 60));
  heading.textContent = minutes === 1 ? "You will be signed out in one minute" : `You will be signed out in ${minutes} minutes`;
  if (!dialog.open) { dialog.showModal(); button.focus(); }
  window.clearTimeout(timer);
  timer = window.setTimeout(look, Math.min(30, left) * 1000 + 500);
}

function over() {
  document.dispatchEvent(new Event("lantern:over"));
  heading.textContent = "You are signed out";
  words.textContent = "What you typed is kept. Sign in, and it is there again.";
  const link = document.createElement("a");
  link.className = "govuk-button";
  link.href = `/sign-in?next=${encodeURIComponent(window.location.pathname)}`;
  link.textContent = "Sign in";
  button.replaceWith(link);
  if (!dialog.open) dialog.showModal();
}

button.addEventListener("click", async () => {
  try {
    const left = await ask("POST");
    if (left > 0) { dialog.close(); wait(left); } else over();
  } catch { words.textContent = "This did not reach the server. Try again."; }
});
dialog.addEventListener("cancel", (event) => { event.preventDefault(); button.click(); });

wait(Number(dialog.dataset.idleS));
