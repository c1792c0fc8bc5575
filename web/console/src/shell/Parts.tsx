import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import style from "./Parts.module.css";
import { useHere } from "./useHere.ts";

const parts = {
  settings: [
    { to: "/settings", name: "nav.console", needs: "self" },
    { to: "/settings/sending", name: "nav.sending", needs: "read" },
    { to: "/settings/alerts", name: "nav.alerting", needs: "read" },
    { to: "/settings/account", name: "nav.me", needs: "self" },
    { to: "/settings/team", name: "nav.team", needs: "staff" },
    { to: "/settings/audit", name: "nav.audit", needs: "audit" },
    { to: "/settings/privacy", name: "nav.privacy", needs: "manage" },
    { to: "/settings/backups", name: "nav.backups", needs: "manage" },
    { to: "/settings/about", name: "nav.about", needs: "read" },
    { to: "/webhooks", name: "nav.webhooks", needs: "manage" },
  ],
  moderation: [
    { to: "/moderation", name: "nav.reviews", needs: "moderation.view" },
    { to: "/moderation/measures", name: "nav.measures", needs: "moderation.view" },
    { to: "/moderation/rules", name: "nav.rules", needs: "moderation.view" },
    { to: "/moderation/words", name: "nav.wordLists", needs: "moderation.view" },
    { to: "/moderation/lists", name: "nav.memberLists", needs: "moderation.view" },
    { to: "/moderation/judges", name: "nav.judges", needs: "moderation.view" },
    { to: "/moderation/cases", name: "nav.caseLog", needs: "moderation.view" },
  ],
  insight: [
    { to: "/insight", name: "nav.health", needs: "read" },
    { to: "/explore", name: "nav.explore", needs: "read" },
    { to: "/reports", name: "nav.reports", needs: "read" },
  ],
  alerts: [
    { to: "/alerts", name: "nav.alerts", needs: "read" },
    { to: "/contingency", name: "nav.contingency", needs: "read" },
  ],
  connections: [
    { to: "/connections", name: "nav.connections", needs: "read" },
    { to: "/capabilities", name: "nav.capabilities", needs: "read" },
  ],
} as const;

/** Leads between the pages of one place. */
export function Parts({ of }: { of: keyof typeof parts }) {
  const { t } = useTranslation();
  const { may } = useHere();
  return (
    <nav className={style.parts} aria-label={t(`nav.${of}Parts`)}>
      {parts[of]
        .filter((p) => may(p.needs))
        .map((p) => (
          <Link
            key={p.to}
            to={p.to}
            search={{}}
            className={style.part}
            activeProps={{ className: style.here }}
            activeOptions={{ exact: true, includeSearch: false }}
          >
            {t(p.name)}
          </Link>
        ))}
    </nav>
  );
}
