// Lets the small phone of server/web/static/phone hold golden conversations: node converse.mjs FILE...
// Prints one line for each fault and ends with 1 where there is any; with the number of requests it made otherwise.
import { readFileSync } from "node:fs";
import { Phone } from "../../../server/web/static/phone/phone.js";
import { canonical, items, members } from "../../../server/web/static/phone/raw.js";

const faults = [];
let asked = 0;

function hold(file) {
  const phones = {};
  let talk = null; // of whom, and the request that is to come next
  const steps = items(members(readFileSync(file, "utf8")).steps);
  const expect = (what, found, wanted, place) => {
    if (canonical(found) !== canonical(wanted)) faults.push(`${file} step ${place}: ${what}\n  is     ${found}\n  should ${wanted}`);
  };
  steps.forEach((raw, place) => {
    const step = JSON.parse(raw);
    const phone = phones[step.phone];
    if ("enrolled" in step) phones[step.phone] = new Phone(step.enrolled);
    else if ("records" in step) phone.record(step.records, step.now);
    else if ("syncs" in step) {
      const run = phone.sync(step.syncs.now, step.syncs.app);
      talk = { run, next: run.next() };
    } else if ("asks" in step && talk) {
      asked += 1;
      if (talk.next.done) return faults.push(`${file} step ${place}: it asked nothing more`);
      expect(`asks ${talk.next.value.kind}`, JSON.stringify(talk.next.value.kind), JSON.stringify(step.asks), place);
      expect(`${step.asks} body`, talk.next.value.body, step.body, place);
      talk.next = talk.run.next({ status: step.status, body: step.answer });
    } else if ("shows" in step) {
      if (!talk.next.done) faults.push(`${file} step ${place}: it would ask ${talk.next.value.kind}`);
      talk = null;
      expect("shows", JSON.stringify(phone.shown().map(({ id }) => id).sort()), JSON.stringify(step.shows), place);
      expect("held", JSON.stringify(phone.held()), JSON.stringify(step.held), place);
      expect("unsent", `${phone.state.lastN - phone.state.acked}`, `${step.unsent}`, place);
      expect("is", phone.state.status, step.is, place);
      for (const [entity, fields] of Object.entries(step.fields)) {
        const told = Object.entries(phone.fields(entity)).map(([name, each]) => [name, { ...each, value: JSON.parse(each.value) }]);
        expect(`fields of ${entity}`, JSON.stringify(Object.fromEntries(told)), JSON.stringify(fields), place);
      }
    }
  });
}

process.argv.slice(2).forEach(hold);
console.log(faults.length ? faults.join("\n") : asked);
process.exit(faults.length ? 1 : 0);
