import { useQuery } from "@tanstack/react-query";
import { profile } from "../../queries/profile.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./CharterPanel.module.css";

/** Who the group is for: its type and charter. Nothing where nobody wrote any of it. */
export function CharterPanel({ group }: { group: number }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data } = useQuery(profile(community, { group }));
  const is = data?.in_force;
  if (!is?.type && !is?.goal && !is?.direction && !is?.value && !is?.material?.length) return null;
  return (
    <Panel title={t("profile.title")} note={is.type ? t(`profile.kind.${is.type}`) : undefined}>
      <dl className={style.list}>
        {(["goal", "direction", "value"] as const).map((field) =>
          is[field] ? (
            <div key={field}>
              <dt>{t(`profile.${field}`)}</dt>
              <dd className={style.text}>{is[field]}</dd>
            </div>
          ) : null,
        )}
        {is.material?.length ? (
          <div>
            <dt>{t("profile.material")}</dt>
            <dd>
              <ul className={style.material}>
                {is.material.map((m) => (
                  <li key={m.name}>
                    {m.link ? (
                      <a href={m.link} target="_blank" rel="noreferrer noopener">
                        {m.name}
                      </a>
                    ) : (
                      m.name
                    )}
                  </li>
                ))}
              </ul>
            </dd>
          </div>
        ) : null}
      </dl>
    </Panel>
  );
}
