import { SearchOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { find } from "../queries/find.ts";
import style from "./Finder.module.css";
import { pages } from "./pages.ts";
import { useHere } from "./useHere.ts";

const apple = /Mac|iPhone|iPad/.test(navigator.platform);
const patience = 200; // milliseconds without a key before the server is asked

interface Found {
  key: string;
  label: string;
  /** Where, when, by whom. */
  note?: string;
  go: () => void;
}

/** What was typed, once it rests. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), patience);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

/** One box for everything: groups, people, messages, pages. Enter looks in all messages. */
export function Finder() {
  const { t } = useTranslation();
  const box = useRef<HTMLInputElement>(null);
  const list = useId();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(""); // by key: more may be found above it meanwhile
  const sections = useFound(open ? text.trim() : "");
  const all = sections.flatMap((s) => s.found);
  const chosen = all.find((f) => f.key === at) ?? all[0];

  useEffect(() => {
    const jump = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      box.current?.focus();
      box.current?.select();
    };
    addEventListener("keydown", jump);
    return () => removeEventListener("keydown", jump);
  }, []);

  const leave = () => {
    setText("");
    setOpen(false);
    setAt("");
    box.current?.blur();
  };
  const take = (found: Found | undefined) => {
    if (!found) return;
    found.go();
    leave();
  };
  const key = (event: KeyboardEvent) => {
    // While a Chinese word is being composed, keys belong to the composing.
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      if (open && text) setOpen(false);
      else box.current?.blur();
    } else if (event.key === "Enter") take(chosen);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setOpen(true);
      const next = all.at(((chosen ? all.indexOf(chosen) : -1) + step) % all.length);
      if (next) setAt(next.key);
    }
  };
  const shown = open && text.trim() !== "";

  return (
    <search className={style.search}>
      <SearchOutlined aria-hidden="true" />
      <input
        ref={box}
        type="search"
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={shown}
        aria-controls={list}
        aria-activedescendant={shown && chosen ? `${list}-${chosen.key}` : undefined}
        value={text}
        onChange={(e) => {
          setText(e.target.value);
          setOpen(true);
          setAt("");
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={key}
        placeholder={t("search.global")}
        aria-label={t("search.global")}
        aria-keyshortcuts={apple ? "Meta+K" : "Control+K"}
      />
      <kbd>{apple ? "⌘K" : "Ctrl K"}</kbd>
      <div id={list} role="listbox" aria-label={t("search.found")} className={style.list} hidden={!shown}>
        {sections.map((s) => (
          // biome-ignore lint/a11y/useSemanticElements: a group of options has no element of its own
          <div key={s.name} role="group" aria-label={s.name}>
            <p className={style.section} aria-hidden="true">
              {s.name}
            </p>
            {s.found.map((f) => (
              <div
                key={f.key}
                id={`${list}-${f.key}`}
                role="option"
                tabIndex={-1}
                aria-selected={f === chosen}
                className={f === chosen ? `${style.option} ${style.chosen}` : style.option}
                // Before the box loses its focus and the list goes away.
                onPointerDown={(e) => e.preventDefault()}
                onClick={() => take(f)}
                onKeyDown={key}
              >
                <span className={style.label}>{f.label}</span>
                {f.note ? <span className={style.note}>{f.note}</span> : null}
              </div>
            ))}
          </div>
        ))}
      </div>
    </search>
  );
}

interface Section {
  name: string;
  found: Found[];
}

/** What a text leads to, by what sort of thing it is. The first is always the search in messages. */
function useFound(text: string): Section[] {
  const { t } = useTranslation();
  const { community, may } = useHere();
  const navigate = useNavigate();
  const q = useRested(text);
  const { data } = useQuery({ ...find(community, q), enabled: q !== "" && may("read") });
  if (!text) return [];
  const fresh = q === text ? data : undefined;
  const needle = text.toLowerCase();
  const pagesFound = pages
    .map((p) => ({
      ...p,
      label: t(p.name),
      does: t(`search.does.${p.name.split(".")[1] as "about"}`, { defaultValue: "" }),
    }))
    .filter((p) => may(p.needs) && `${p.label} ${p.does}`.toLowerCase().includes(needle))
    .sort((a, b) => Number(b.label.toLowerCase().includes(needle)) - Number(a.label.toLowerCase().includes(needle)))
    .slice(0, 5)
    .map((p) => ({
      key: `page${p.to.replaceAll("/", "-")}`,
      label: p.label,
      note: p.does.split(" ").find((word) => word.toLowerCase().includes(needle)) ?? "",
      go: () => void navigate({ to: p.to, search: {} }),
    }));
  const sections: Section[] = [
    {
      name: t("search.messages"),
      found: [
        {
          key: "all",
          label: t("search.all", { text }),
          go: () => void navigate({ to: "/messages", search: { q: text } }),
        },
        ...(fresh?.messages ?? []).map((m) => ({
          key: `message${m.seq}`,
          label: m.text,
          note: m.where,
          go: () => void navigate({ to: "/messages", search: { q: text, at: m.seq } }),
        })),
      ],
    },
    {
      name: t("nav.groups"),
      found: (fresh?.groups ?? []).map((g) => ({
        key: `group${g.id}`,
        label: g.name,
        go: () => void navigate({ to: "/groups/$group", params: { group: g.id }, search: {} }),
      })),
    },
    {
      name: t("nav.people"),
      found: (fresh?.people ?? []).map((p) => ({
        key: `person${p.person}`,
        label: p.name || t("message.nameless"),
        note: p.note,
        go: () => void navigate({ to: "/people/$person", params: { person: p.person } }),
      })),
    },
    { name: t("search.pages"), found: pagesFound },
  ];
  return sections.filter((s) => s.found.length > 0);
}
