// A signature drawn on the screen: lines of points from 0 to 1000, in a hidden field. Without this file the name stands as written.
(() => {
  const WIDE = 1000, HIGH = 300, LEAST = 6; // a point less than so far from the last adds nothing

  const draw = (canvas, lines) => {
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, WIDE, HIGH);
    pen.lineWidth = 5;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = getComputedStyle(canvas).color;
    for (const line of lines) {
      pen.beginPath();
      line.forEach(([x, y], at) => (at ? pen.lineTo(x, (y * HIGH) / 1000) : pen.moveTo(x, (y * HIGH) / 1000)));
      if (line.length === 1) pen.lineTo(line[0][0] + 0.1, (line[0][1] * HIGH) / 1000);
      pen.stroke();
    }
  };

  const place = (canvas, event) => {
    const box = canvas.getBoundingClientRect();
    const share = (at, from, size) => Math.max(0, Math.min(1000, Math.round(((at - from) / size) * 1000)));
    return [share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height)];
  };

  const wake = (root) => {
    if ("awake" in root.dataset) return;
    const canvas = root.querySelector("canvas");
    const field = root.parentElement.querySelector("input[type=hidden][data-strokes]");
    if (!canvas || !field) return;
    let lines = [];
    try { lines = JSON.parse(field.value || "[]"); } catch { lines = []; }
    let line = null;
    const keep = () => { field.value = lines.length ? JSON.stringify(lines) : ""; };
    root.dataset.awake = "";
    draw(canvas, lines);
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      line = [place(canvas, event)];
      lines.push(line);
      draw(canvas, lines);
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!line) return;
      const [x, y] = place(canvas, event), [a, b] = line[line.length - 1];
      if (Math.abs(x - a) + Math.abs(y - b) < LEAST) return;
      line.push([x, y]);
      draw(canvas, lines);
    });
    const end = () => {
      if (!line) return;
      line = null;
      keep();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, end);
    root.querySelector("[data-sign-clear]").addEventListener("click", () => {
      lines = [];
      keep();
      draw(canvas, lines);
    });
  };

  const wakeAll = () => document.querySelectorAll("[data-sign]").forEach(wake);
  document.addEventListener("DOMContentLoaded", wakeAll);
  document.addEventListener("htmx:afterSettle", wakeAll);
})();
