"use strict";

/** Makes an element; texts are set as text, never as HTML. */
function el(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes ?? {})) e.setAttribute(k, v);
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

const nameOf = (ref) => ref.split("/").pop();

/** What a schema says, in a few words, with links to named ones. */
function typeOf(schema) {
  if (!schema) return el("code", {}, "any");
  if (schema.$ref) return el("a", { href: "#schema-" + nameOf(schema.$ref) }, el("code", {}, nameOf(schema.$ref)));
  if (schema.type === "array") return el("span", {}, el("code", {}, "list of "), typeOf(schema.items));
  const type = [schema.type ?? "any"].flat().join(" or ");
  return el("code", {}, type + (schema.format ? " (" + schema.format + ")" : ""));
}

/** The rules of a schema besides its type. */
function rules(schema) {
  const s = schema?.items && !schema.items.$ref ? { ...schema.items, ...schema } : (schema ?? {});
  const said = [];
  if (s.enum) said.push("one of " + s.enum.join(", "));
  for (const key of ["default", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern"]) {
    if (s[key] !== undefined) said.push(key + " " + JSON.stringify(s[key]));
  }
  return said.join("; ");
}

function table(rows) {
  return el("table", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((c) => el("td", {}, c)))));
}

function fields(schema) {
  const required = new Set(schema.required ?? []);
  return table(
    Object.entries(schema.properties ?? {}).map(([name, s]) => [
      el("code", {}, name + (required.has(name) ? "" : "?")),
      typeOf(s),
      [s.description, rules(s)].filter(Boolean).join(" — "),
    ]),
  );
}

function operation(path, method, op) {
  const body = el("div", {}, op.description ? el("p", {}, op.description) : null);
  if (op.parameters?.length) {
    body.append(
      el("h3", {}, "Parameters"),
      table(
        op.parameters.map((p) => [
          el("code", {}, p.name + (p.required ? "" : "?")),
          p.in,
          typeOf(p.schema),
          [p.description, rules(p.schema)].filter(Boolean).join(" — "),
        ]),
      ),
    );
  }
  for (const [type, media] of Object.entries(op.requestBody?.content ?? {})) {
    body.append(el("h3", {}, "Body"), el("p", {}, el("code", {}, type), " ", typeOf(media.schema)));
  }
  body.append(el("h3", {}, "Answers"));
  const answers = [];
  for (const [status, response] of Object.entries(op.responses ?? {})) {
    const contents = Object.entries(response.content ?? {});
    if (!contents.length) answers.push([status, response.description, ""]);
    for (const [type, media] of contents) answers.push([status, el("code", {}, type), typeOf(media.schema)]);
  }
  body.append(table(answers));
  const item = el(
    "details",
    { id: op.operationId },
    el(
      "summary",
      {},
      el("span", { class: "method" }, method.toUpperCase()),
      el("code", {}, path),
      " ",
      el("span", { class: "permission" }, op["x-permission"] ?? ""),
      " ",
      op.summary ?? "",
    ),
    body,
  );
  item.dataset.text = [method, path, op.operationId, op.summary].join(" ").toLowerCase();
  return item;
}

async function show() {
  const main = document.getElementById("operations");
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error("openapi.json: " + answer.status);
  const doc = await answer.json();
  document.getElementById("about").textContent = doc.info.description ?? "";
  const byTag = new Map();
  for (const [path, methods] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(methods)) {
      const tag = op.tags?.[0] ?? "";
      if (!byTag.has(tag)) byTag.set(tag, []);
      byTag.get(tag).push(operation(path, method, op));
    }
  }
  main.replaceChildren(
    ...[...byTag].sort().map(([tag, items]) => el("section", {}, el("h2", {}, tag), ...items)),
  );
  document.getElementById("schemas").replaceChildren(
    ...Object.entries(doc.components.schemas).map(([name, s]) =>
      el("details", { id: "schema-" + name }, el("summary", {}, el("code", {}, name), " ", s.description ?? ""), el("div", {}, fields(s))),
    ),
  );
  document.getElementById("filter").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/);
    for (const item of main.querySelectorAll("details")) item.hidden = !words.every((w) => item.dataset.text.includes(w));
    for (const part of main.querySelectorAll("section")) part.hidden = !part.querySelector("details:not([hidden])");
  });
  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", open);
  open();
}

show().catch((error) => {
  document.getElementById("operations").textContent = String(error);
});
