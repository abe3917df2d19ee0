// Draws a map from what the page itself holds (#map-data), over the ground that this server has (streets.js): public ground, asked
// for by nobody's name. It shows nothing that the table beside it does not say. Without WebGL the table is all there is, and
// that is enough.
import * as maplibregl from "./vendor/maplibre/maplibre-gl.mjs";
import { NAMES, fetchGround, layersOf, sourcesOf } from "./streets.js";

const COLOURS = ["#f2efe8", "#fbe6b5", "#f0b45b", "#cf6f3a", "#8c2f39"];
const FONT = ["Liberation Sans"];
const box = document.getElementById("map");
const data = JSON.parse(document.getElementById("map-data").textContent);
const collection = (features) => ({ type: "geojson", data: { type: "FeatureCollection", features } });

function hatch() {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 16;
  const pen = canvas.getContext("2d");
  pen.fillStyle = COLOURS[0];
  pen.fillRect(0, 0, 16, 16);
  pen.strokeStyle = "#b9b4a6";
  pen.lineWidth = 1.5;
  for (const start of [-16, 0, 16]) { pen.beginPath(); pen.moveTo(start, 16); pen.lineTo(start + 16, 0); pen.stroke(); }
  return pen.getImageData(0, 0, 16, 16);
}

const ground = await fetchGround();
const grounds = Object.fromEntries(Object.keys(NAMES).map((name) => [name, layersOf(ground, name)]));
const { layers, words } = grounds.grey;
const style = {
  version: 8,
  sources: { ...sourcesOf(ground), areas: collection(data.areas), labels: collection(data.labels), towns: collection(data.towns), pins: collection(data.pins) },
  layers: [
    ...layers,
    { id: "areas", type: "fill", source: "areas", filter: [">", ["get", "band"], 0],
      paint: { "fill-color": ["match", ["get", "band"], 1, COLOURS[1], 2, COLOURS[2], 3, COLOURS[3], COLOURS[4]], "fill-opacity": ground.tiles ? 0.6 : 0.9 } },
    { id: "borders", type: "line", source: "areas", paint: { "line-color": "#3a3a3a", "line-width": 1.2 } },
    { id: "pins", type: "circle", source: "pins",
      paint: { "circle-radius": ["match", ["get", "kind"], "report", 6, 4], "circle-color": ["match", ["get", "kind"], "report", "#ffffff", "#1d70b8"],
        "circle-stroke-color": "#12283f", "circle-stroke-width": ["match", ["get", "kind"], "report", 3, 1.5] } },
    ...words,
    { id: "towns", type: "symbol", source: "towns",
      layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": 12, "symbol-sort-key": ["get", "rank"], "text-optional": true },
      paint: { "text-color": "#33404c", "text-halo-color": "#ffffff", "text-halo-width": 1.6 } },
    { id: "labels", type: "symbol", source: "labels",
      layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": 17, "symbol-sort-key": ["to-number", ["get", "text"], 0], "text-offset": [0, -1] },
      paint: { "text-color": "#12283f", "text-halo-color": "#ffffff", "text-halo-width": 2.4 } },
  ],
};

/** Lets whoever looks choose between the ground's styles; what the map says in colour stays. */
class Chooser {
  onAdd(map) {
    this.box = document.createElement("div");
    this.box.className = "maplibregl-ctrl maplibregl-ctrl-group lantern-map__styles";
    const choice = document.createElement("select");
    choice.setAttribute("aria-label", "Style of the map");
    for (const [value, text] of Object.entries(NAMES)) choice.add(new Option(text, value));
    choice.addEventListener("change", () => {
      for (const layer of Object.values(grounds[choice.value]).flat())
        for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
      box.dataset.style = choice.value;
    });
    this.box.append(choice);
    return this.box;
  }

  onRemove() {
    this.box.remove();
  }
}

// A press on the map says where: into the field of the form, in degrees. What is typed there moves the mark.
function pickOn(map, field) {
  let mark = null;
  const show = () => {
    const found = field.value.match(/^\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*$/);
    if (!found || Math.abs(found[1]) > 90 || Math.abs(found[2]) > 180) { mark?.remove(); mark = null; return; }
    const there = [Number(found[2]), Number(found[1])];
    mark = mark ?? new maplibregl.Marker({ color: "#d4351c" });
    mark.setLngLat(there).addTo(map);
    if (!map.getBounds().contains(there)) map.easeTo({ center: there, zoom: Math.max(map.getZoom(), 14) });
  };
  map.getCanvas().style.cursor = "crosshair";
  map.on("click", ({ lngLat }) => {
    field.value = `${lngLat.lat.toFixed(5)}, ${lngLat.lng.toFixed(5)}`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.addEventListener("input", show);
  show();
}

try {
  const map = new maplibregl.Map({
    container: box.querySelector(".lantern-map__canvas"), style, bounds: data.box, fitBoundsOptions: { padding: 24, maxZoom: box.dataset.picks ? 16 : 14.5 },
    maxZoom: Number(box.dataset.maxZoom || 13), dragRotate: false, pitchWithRotate: false, touchPitch: false,
    cooperativeGestures: true, canvasContextAttributes: { preserveDrawingBuffer: true }, // or it prints blank
    attributionControl: { compact: false, customAttribution: [box.dataset.attribution, ground.tiles?.attribution].filter(Boolean) },
    locale: { "Map.Title": box.dataset.title },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
  if (ground.tiles) map.addControl(new Chooser(), "top-left");
  map.on("load", () => {
    map.addImage("hatch", hatch());
    map.addLayer({ id: "few", type: "fill", source: "areas", filter: ["==", ["get", "band"], 0], paint: { "fill-pattern": "hatch" } }, "borders");
  });
  document.addEventListener("map-renewed", (event) => {
    for (const name of ["areas", "labels", "towns", "pins"]) map.getSource(name).setData({ type: "FeatureCollection", features: event.detail[name] });
  });
  if (box.dataset.picks) pickOn(map, document.getElementById(box.dataset.picks));
  map.once("idle", () => { box.dataset.drawn = "yes"; });
} catch (error) {
  box.hidden = true;
  document.getElementById("map-missing").hidden = false;
}
