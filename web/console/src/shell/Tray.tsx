import { CheckCircleOutlined, CloseOutlined } from "@ant-design/icons";
import type { Import } from "@qunying/api/model";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { imports } from "../queries.ts";
import { Meter } from "../ui/Meter.tsx";
import { useWords } from "../words/useWords.ts";
import style from "./Tray.module.css";
import { useUploads } from "./Uploads.tsx";
import { useHere } from "./useHere.ts";

/** Uploads and imports that go on while another page is open, and how the last ones ended. */
export function Tray() {
  const { community, may } = useHere();
  const { t, count } = useWords();
  const { list, dismiss } = useUploads();
  const { pathname } = useLocation();
  const { data } = useQuery({ ...imports(community), enabled: may("import") });
  const ended = useEnded(data);
  const [closed, close] = useState<number[]>([]);
  if (pathname.startsWith("/imports")) return null;

  const running = data?.filter((i) => i.state === "running") ?? [];
  const results = ended.filter((i) => !closed.includes(i.id));
  if (list.length + running.length + results.length === 0) return null;
  return (
    <aside className={style.tray} aria-label={t("tray.label")}>
      {list.map((u) => (
        <div key={u.key} className={style.item}>
          <div className={style.row}>
            <Link to="/imports" search={{}} className={style.name}>
              {u.name}
            </Link>
            <button type="button" className="plain" onClick={() => dismiss(u.key)} aria-label={t("action.cancel")}>
              <CloseOutlined aria-hidden="true" />
            </button>
          </div>
          {u.problem ? (
            <p className={style.bad}>{u.problem.message || t("tray.uploadFailed")}</p>
          ) : (
            <Meter share={u.share} label={t("tray.uploading", { name: u.name })} />
          )}
        </div>
      ))}
      {running.map((i) => (
        <div key={i.id} className={style.item}>
          <Link to="/imports/$import" params={{ import: i.id }} className={style.name}>
            {i.file}
          </Link>
          <Meter share={i.progress.share} label={t("tray.importing", { name: i.file })} />
          <p className={style.small}>{t("import.rows", { n: count(i.progress.rows) })}</p>
        </div>
      ))}
      {results.map((i) => (
        <div key={i.id} className={style.item}>
          <div className={style.row}>
            <Link to="/imports/$import" params={{ import: i.id }} className={style.name}>
              {i.file}
            </Link>
            <button
              type="button"
              className="plain"
              onClick={() => close((all) => [...all, i.id])}
              aria-label={t("action.close")}
            >
              <CloseOutlined aria-hidden="true" />
            </button>
          </div>
          {i.state === "done" ? (
            <p className={style.good}>
              <CheckCircleOutlined aria-hidden="true" /> {t("tray.done", { n: count(i.result?.imported ?? 0) })}
            </p>
          ) : (
            <p className={style.bad}>{i.error || t(`import.state.${i.state}`)}</p>
          )}
        </div>
      ))}
    </aside>
  );
}

/** Imports that were running when this page was opened, or later, and are no more. */
function useEnded(list: Import[] | undefined): Import[] {
  const [seen, setSeen] = useState<number[]>([]);
  useEffect(() => {
    const running = list?.filter((i) => i.state === "running").map((i) => i.id) ?? [];
    setSeen((before) => (running.every((id) => before.includes(id)) ? before : [...new Set([...before, ...running])]));
  }, [list]);
  return list?.filter((i) => seen.includes(i.id) && (i.state === "done" || i.state === "failed")) ?? [];
}
