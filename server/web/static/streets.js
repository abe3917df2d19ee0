// The ground beneath a map: streets, railways, water and names from the operator's own tiles, in a style for the day, for the
// night, or in grey beneath colours that mean something; without tiles the districts' outlines and the gazetteer's names.
// Everything comes from this server.
const FONT = ["Liberation Sans"];
const STYLES = {
  day: { ground: "#f4f1ea", green: "#dcead0", water: "#a9d3e8", street: "#ffffff", edge: "#cfc8ba", major: "#ffd98a", path: "#d8cfbf", rail: "#8c8c8c", text: "#33404c", halo: "#ffffff" },
  night: { ground: "#151a20", green: "#1a2620", water: "#1d3a50", street: "#39424d", edge: "#0d1115", major: "#6b5b3a", path: "#2a323b", rail: "#5a636d", text: "#c9d2da", halo: "#10151a" },
  grey: { ground: "#e4e6e8", green: "#dcdfdd", water: "#c7ced3", street: "#f8f8f8", edge: "#c4c8cb", major: "#ffffff", path: "#d3d6d8", rail: "#a9adb0", text: "#4a545d", halo: "#ffffff" },
};
export const NAMES = { grey: "Grey", day: "Day", night: "Night" };
const MAJOR = ["motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link", "tertiary", "a road", "b road", "highway", "major_road"];
const RAILS = ["rail", "transit", "railway"];
const PATHS = ["path", "track", "footway", "cycleway", "bridleway", "steps", "pedestrian", "restricted"];
const TOWNS = ["city", "town", "capital"];
const CLASS = ["downcase", ["to-string", ["coalesce", ["get", "type"], ["get", "class"], ["get", "kind"], ["get", "road_classification"], ""]]];
const NAME = ["to-string", ["coalesce", ["get", "name1"], ["get", "name"], ["get", "name_1"], ["get", "name:latin"], ["get", "name:en"], ""]];
const is = (words) => ["in", CLASS, ["literal", words]];
const by = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];

/** What the server has: where its tiles are, outlines, names. Nothing where it does not answer. */
export async function fetchGround() {
  try {
    const answer = await fetch("/basemap", { headers: { accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout(8000) });
    return answer.ok ? await answer.json() : { tiles: null, outlines: [], names: [] };
  } catch {
    return { tiles: null, outlines: [], names: [] };
  }
}

/** The sources of the ground. */
export function sourcesOf(ground) {
  const features = (list) => ({ type: "geojson", data: { type: "FeatureCollection", features: list } });
  const sources = { outlines: features(ground.outlines), names: features(ground.names) };
  if (ground.tiles) {
    const { path, minzoom, maxzoom } = ground.tiles;
    sources.streets = { type: "vector", tiles: [new URL(path, window.location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}")], minzoom, maxzoom };
  }
  return sources;
}

/** The layers beneath what a page shows, and above them the words. */
export function layersOf(ground, style) {
  const colours = STYLES[style];
  const layers = [{ id: "ground", type: "background", paint: { "background-color": colours.ground } }];
  const words = [];
  const of = (role) => (ground.tiles?.layers[role] ?? []).map((name, number) => ({ source: "streets", "source-layer": name, key: `${role}-${number}` }));
  const add = (list, role, id, more) => {
    for (const { key, ...from } of of(role)) list.push({ id: `${id}-${key}`, ...from, ...more });
  };
  add(layers, "green", "green", { type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colours.green } });
  add(layers, "water", "water", { type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": colours.water } });
  for (const role of ["waterlines", "water"])
    add(layers, role, "stream", { type: "line", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": colours.water, "line-width": by(10, 0.5, 16, 3) } });
  const roads = (id, filter, colour, width) =>
    add(layers, "roads", id, { type: "line", filter: ["all", ["==", ["geometry-type"], "LineString"], filter], layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": colour, "line-width": width } });
  const small = ["!", is([...MAJOR, ...RAILS, ...PATHS, "ferry", "aerialway", "aeroway", "pier"])];
  roads("paths", is(PATHS), colours.path, by(12, 0.3, 17, 2));
  roads("edges", small, colours.edge, by(11, 0.4, 14, 3, 17, 14));
  roads("edges-major", is(MAJOR), colours.edge, by(8, 1, 12, 3, 14, 6, 17, 20));
  roads("streets", small, colours.street, by(11, 0.2, 14, 2, 17, 11));
  roads("major", is(MAJOR), colours.major, by(8, 0.6, 12, 2, 14, 4.5, 17, 16));
  roads("rails-among", is(RAILS), colours.rail, by(10, 0.5, 16, 2));
  add(layers, "rail", "rails", { type: "line", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": colours.rail, "line-width": by(10, 0.5, 16, 2) } });
  layers.push({ id: "outlines", type: "line", source: "outlines", paint: { "line-color": colours.text, "line-width": 1, "line-opacity": 0.5, "line-dasharray": [4, 3] } });
  const say = (size, rank) => ({
    layout: { "text-field": NAME, "text-font": FONT, "text-size": size, "text-optional": true, "symbol-sort-key": rank },
    paint: { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.4 },
  });
  for (const role of ["roads", "road_names"])
    add(words, role, "street-names", { type: "symbol", minzoom: 13.5, filter: ["all", ["==", ["geometry-type"], "LineString"], ["!=", NAME, ""]], ...say(11, 4), layout: { ...say(11, 4).layout, "symbol-placement": "line" } });
  add(words, "stations", "stations", { type: "symbol", minzoom: 11, filter: ["==", ["geometry-type"], "Point"], ...say(12, 2) });
  add(words, "names", "places", { type: "symbol", minzoom: 11, filter: ["all", ["==", ["geometry-type"], "Point"], ["!", is(TOWNS)]], ...say(12, 3) });
  add(words, "names", "towns", { type: "symbol", filter: ["all", ["==", ["geometry-type"], "Point"], is(TOWNS)], ...say(14, 1) });
  words.push({
    id: "gazetteer", type: "symbol", source: "names", filter: ["<=", ["get", "rank"], ["step", ["zoom"], 0, 11, 1, 13, 2, 14, 3]],
    layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": ["match", ["get", "rank"], 0, 14, 1, 12, 11], "symbol-sort-key": ["get", "rank"], "text-optional": true },
    paint: { "text-color": colours.text, "text-halo-color": colours.halo, "text-halo-width": 1.4 },
  });
  return { layers, words };
}
