// The sketch of the team's districts, with a cross in its middle: a pin is put where the cross is. It is moved by the arrow keys, by
// buttons and by a tap, so that no dragging is needed. Public ground only.
const SVG = "http://www.w3.org/2000/svg";
const SIZE = 320; // units of the picture, square
const NEAREST_M = 150;
const STEP = 0.25; // of what is seen
const METRES = 111195; // of a degree of latitude

const make = (name, attributes, words = "") => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = words;
  return element;
};

/** A map in `place`; `pinned` hears where a pin was put. */
export function makeMap(place, pinned) {
  let sketch = { outlines: [], places: [], streets: [] };
  let middle = { latitude: 51.75, longitude: -0.34 };
  let acrossM = 20000;
  let pin = null;
  const picture = make("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, class: "lantern-pocket-map", role: "img", tabindex: "0", "aria-label": "Map. Arrow keys move it, plus and minus change how near it is, Enter puts the pin under the cross." });
  const where = document.createElement("p");
  where.className = "govuk-body-s";
  where.setAttribute("role", "status");

  const eastM = () => METRES * Math.cos((middle.latitude * Math.PI) / 180);
  const perM = () => SIZE / acrossM;
  const spot = ([latitude, longitude]) => [
    SIZE / 2 + (longitude - middle.longitude) * eastM() * perM(), SIZE / 2 - (latitude - middle.latitude) * METRES * perM(),
  ].map((each) => Math.round(each * 10) / 10);
  const line = (points, kind) => make("polyline", { points: points.map((point) => spot(point).join()).join(" "), class: `lantern-pocket-map__${kind}` });

  function draw() {
    const shown = sketch.places.filter(({ rank }) => rank === 0 || acrossM < 12000 / rank);
    const named = shown.map(({ name, latitude, longitude }) => ({ name, at: spot([latitude, longitude]) })).filter(({ at: [x, y] }) => x > 0 && y > 0 && x < SIZE && y < SIZE).slice(0, 24);
    const words = named.flatMap(({ name, at: [x, y] }) => [make("circle", { cx: x, cy: y, r: 2, class: "lantern-pocket-map__place" }), make("text", { x: x + 4, y: y + 4 }, name)]);
    const cross = [make("path", { d: `M${SIZE / 2} ${SIZE / 2 - 14}v28M${SIZE / 2 - 14} ${SIZE / 2}h28`, class: "lantern-pocket-map__cross" })];
    const put = pin ? [make("circle", { cx: spot([pin.latitude, pin.longitude])[0], cy: spot([pin.latitude, pin.longitude])[1], r: 6, class: "lantern-pocket-map__pin" })] : [];
    picture.replaceChildren(...sketch.outlines.map((each) => line(each, "outline")), ...(sketch.streets ?? []).map((each) => line(each.line ?? each, "street")), ...words, ...put, ...cross);
    const [near] = named.sort((one, other) => away(one.at) - away(other.at));
    where.textContent = `${Math.round(acrossM)} metres across${near ? `, ${Math.round(away(near.at) / perM())} metres from ${near.name}` : ""}.`;
  }
  const away = ([x, y]) => Math.hypot(x - SIZE / 2, y - SIZE / 2);

  function move(eastUnits, northUnits) {
    middle = { latitude: middle.latitude + northUnits / perM() / METRES, longitude: middle.longitude + eastUnits / perM() / eastM() };
    draw();
  }
  function zoom(by) {
    acrossM = Math.min(80000, Math.max(NEAREST_M, acrossM * by));
    draw();
  }
  const put = () => pinned(Math.round(middle.latitude * 1e6) / 1e6, Math.round(middle.longitude * 1e6) / 1e6);

  const step = SIZE * STEP;
  const presses = {
    North: () => move(0, step), South: () => move(0, -step), West: () => move(-step, 0), East: () => move(step, 0),
    Nearer: () => zoom(0.5), Farther: () => zoom(2), "Put the pin under the cross": put,
  };
  const keys = { ArrowUp: "North", ArrowDown: "South", ArrowLeft: "West", ArrowRight: "East", "+": "Nearer", "=": "Nearer", "-": "Farther", Enter: "Put the pin under the cross" };
  picture.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    presses[keys[event.key]]();
  });
  picture.addEventListener("click", (event) => {
    const box = picture.getBoundingClientRect();
    move(((event.clientX - box.left) / box.width - 0.5) * SIZE, (0.5 - (event.clientY - box.top) / box.height) * SIZE);
  });
  const buttons = document.createElement("div");
  buttons.className = "govuk-button-group";
  for (const [words, work] of Object.entries(presses)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "govuk-button govuk-button--secondary lantern-button-small";
    button.textContent = words;
    button.addEventListener("click", work);
    buttons.append(button);
  }
  place.append(picture, where, buttons);

  return {
    draw,
    /** Shows a pin, and goes there. */
    put(found) {
      pin = found;
      if (found) middle = { latitude: found.latitude, longitude: found.longitude };
      if (found) acrossM = Math.min(acrossM, 1500);
      if (!place.hidden) draw();
    },
    /** The ground to draw. The map begins in the middle of it. */
    lay(ground) {
      sketch = { outlines: [], places: [], streets: [], ...ground };
      const points = sketch.outlines.flat();
      if (points.length && !pin) {
        const [lats, lons] = [points.map(([latitude]) => latitude), points.map(([, longitude]) => longitude)];
        middle = { latitude: (Math.min(...lats) + Math.max(...lats)) / 2, longitude: (Math.min(...lons) + Math.max(...lons)) / 2 };
        acrossM = Math.max(2000, (Math.max(...lats) - Math.min(...lats)) * METRES);
      }
      draw();
    },
  };
}
