import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import style from "./Shortcuts.module.css";
import { useHere } from "./useHere.ts";

// The drawer weighs more than all keys together, and few ask for this list.
const Sheet = lazy(async () => ({ default: (await import("../ui/Sheet.tsx")).Sheet }));

/** After g, one key leads to a page. */
const goes = {
  t: { to: "/today", name: "nav.today", needs: "read" },
  g: { to: "/groups", name: "nav.groups", needs: "read" },
  m: { to: "/messages", name: "nav.messages", needs: "read" },
  p: { to: "/people", name: "nav.people", needs: "read" },
  r: { to: "/moderation", name: "nav.reviews", needs: "moderation.view" },
  d: { to: "/tasks", name: "nav.tasks", needs: "read" },
  o: { to: "/outbox", name: "nav.outbox", needs: "read" },
  a: { to: "/alerts", name: "nav.alerts", needs: "read" },
  i: { to: "/insight", name: "nav.insight", needs: "read" },
  s: { to: "/settings", name: "nav.settings", needs: "self" },
} as const;

/** What stands on keys is the same in every language. */
const keys = { find: "Ctrl K", enter: "Enter", escape: "Esc" };

const wait = 1_500; // milliseconds between g and the second key

/** Somebody is typing: keys are theirs. */
function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Keys that work on every page, and the sheet that lists them (?). */
export function Shortcuts() {
  const { t } = useTranslation();
  const { may } = useHere();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const begun = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
      if (event.key === "?") {
        event.preventDefault();
        setOpen(true);
        return;
      }
      const second = Date.now() - begun.current < wait;
      begun.current = event.key === "g" && !second ? Date.now() : 0;
      const go = second ? goes[event.key as keyof typeof goes] : undefined;
      if (!go || !may(go.needs)) return;
      event.preventDefault();
      void navigate({ to: go.to, search: {} });
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [navigate, may]);
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <Sheet title={t("shortcuts.title")} width={400} onClose={() => setOpen(false)}>
        <dl className={style.keys}>
          <dt>
            <kbd>⌘K</kbd> / <kbd>{keys.find}</kbd>
          </dt>
          <dd>{t("shortcuts.find")}</dd>
          <dt>
            <kbd>↑</kbd> <kbd>↓</kbd> <kbd>{keys.enter}</kbd>
          </dt>
          <dd>{t("shortcuts.choose")}</dd>
          <dt>
            <kbd>{keys.escape}</kbd>
          </dt>
          <dd>{t("shortcuts.close")}</dd>
          <dt>
            <kbd>?</kbd>
          </dt>
          <dd>{t("shortcuts.this")}</dd>
          {Object.entries(goes)
            .filter(([, go]) => may(go.needs))
            .map(([key, go]) => (
              <div key={key} className={style.pair}>
                <dt>
                  <kbd>g</kbd> <kbd>{key}</kbd>
                </dt>
                <dd>{t(go.name)}</dd>
              </div>
            ))}
        </dl>
        <p className={style.teach}>{t("shortcuts.reviews")}</p>
      </Sheet>
    </Suspense>
  );
}
