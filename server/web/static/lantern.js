// Starts GOV.UK Frontend's own behaviours, keeps forms from being sent twice, and lets htmx send the page's CSRF token.
// Every page works without this file.
import { initAll } from "./vendor/govuk/govuk-frontend.min.js";

initAll();

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented || event.target.hasAttribute("hx-post")) return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "yes";
  window.setTimeout(() => { delete event.target.dataset.sent; }, 4000);
});

document.addEventListener("change", (event) => {
  const control = event.target;
  if (control.matches("[data-submit-on-change]")) control.form.requestSubmit();
});
