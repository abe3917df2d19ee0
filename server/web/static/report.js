// The public form with a map and "use my location". Without this file everything else of it works. Where a phone is goes into a field
// that its reader sees and can change, and nowhere else until they press Send.
const { map: mapScript } = document.currentScript?.dataset ?? document.querySelector("script[data-map]").dataset;
const details = document.getElementById("on-map");
const box = document.getElementById("map");
const locate = document.getElementById("locate");
const said = document.getElementById("located");
const point = document.getElementById("point");
let drawn = false;

function draw() {
  if (drawn || !details.open || !box || !mapScript) return;
  drawn = true;
  box.hidden = false;
  import(mapScript).catch(() => { box.hidden = true; document.getElementById("map-missing").hidden = false; });
}

details.addEventListener("toggle", draw);
draw();
if ("geolocation" in navigator) {
  locate.hidden = false;
  locate.addEventListener("click", () => {
    said.textContent = locate.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        point.value = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`;
        point.dispatchEvent(new Event("input", { bubbles: true }));
        said.textContent = `${locate.dataset.found} (± ${Math.round(coords.accuracy)} m)`;
      },
      () => { said.textContent = locate.dataset.failed; },
      { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 },
    );
  });
}
