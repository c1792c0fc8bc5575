import { PlusOutlined } from "@ant-design/icons";
import type { SceneCode } from "@qunying/api/model";
import { useQuery } from "@tanstack/react-query";
import { Button, QRCode } from "antd";
import { useRef, useState } from "react";
import { sceneCodes } from "../../queries/following.ts";
import { useHere } from "../../shell/useHere.ts";
import { ListPanel } from "../../ui/ListPanel.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "../wecom/WeCom.module.css";
import { EditCode, ForgetCode, NewCode } from "./CodeSheets.tsx";
import own from "./Following.module.css";
import { Refused } from "./Refused.tsx";

type Open = { what: "new" } | { what: "edit" | "forget"; code: SceneCode };

/** Codes by which people come to follow the account, and how often each was used. */
export function CodesPart({ name }: { name: string }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const list = useQuery(sceneCodes(community, name));
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const add = may("manage") ? (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setOpen({ what: "new" })}>
      {t("following.codes.add")}
    </Button>
  ) : undefined;
  return (
    <ListPanel
      title={t("following.codes.title")}
      note={t("following.codes.note")}
      list={list}
      add={add}
      none={{ title: t("following.codes.none"), teach: t("following.codes.noneTeach") }}
      refused={Refused}
      sheets={
        <>
          {open?.what === "new" ? <NewCode name={name} onClose={close} /> : null}
          {open?.what === "edit" ? <EditCode name={name} code={open.code} onClose={close} /> : null}
          {open?.what === "forget" ? <ForgetCode name={name} code={open.code} onClose={close} /> : null}
        </>
      }
    >
      {(all) => (
        <ul className={style.cards}>
          {all.map((c) => (
            <li key={c.id}>
              <Card code={c} onOpen={(what) => setOpen({ what, code: c })} />
            </li>
          ))}
        </ul>
      )}
    </ListPanel>
  );
}

const printed = 512; // pixels of the picture to keep; on the page it is scaled down

function Card({ code: c, onOpen }: { code: SceneCode; onOpen: (what: "edit" | "forget") => void }) {
  const w = useWords();
  const { t } = w;
  const { may, zone } = useHere();
  const frame = useRef<HTMLDivElement>(null);
  const over = c.until > 0 && c.until <= Date.now();
  const keep = () => {
    const drawn = frame.current?.querySelector("canvas");
    if (!drawn) return;
    const a = document.createElement("a");
    a.href = drawn.toDataURL("image/png");
    a.download = `${c.name}.png`;
    a.click();
  };
  return (
    <article className={style.card} aria-label={c.name}>
      <div ref={frame} className={over ? `${own.code} ${own.over}` : own.code}>
        {/* The code stays dark on white in both themes: scanners want it so. */}
        <QRCode
          aria-label={t("following.codes.picture", { name: c.name })}
          value={c.holds}
          size={printed}
          color="#000000"
          bgColor="#ffffff"
          bordered={false}
        />
      </div>
      <div>
        <p className={style.name}>{c.name}</p>
        <p className={style.faint}>
          {t("following.codes.made", { at: w.when(c.created_at, zone) })} ·{" "}
          {t("following.codes.scene", { scene: c.scene })}
        </p>
        <p className={over ? style.alert : style.soft}>
          {c.until === 0
            ? t("following.codes.ever")
            : t(over ? "following.codes.over" : "following.codes.until", { at: w.when(c.until, zone) })}
        </p>
        <p>
          {t("following.codes.used", {
            followed: w.exact(c.followed),
            scanned: w.exact(c.scanned),
            people: w.exact(c.people),
          })}
        </p>
        {c.last_at ? <p className={style.faint}>{t("following.codes.last", { at: w.when(c.last_at, zone) })}</p> : null}
        <div className={style.acts}>
          <Button size="small" onClick={keep}>
            {t("following.codes.download")}
          </Button>
          {may("manage") ? (
            <>
              <Button size="small" onClick={() => onOpen("edit")}>
                {t(over ? "following.codes.renew" : "following.codes.edit")}
              </Button>
              <Button size="small" danger onClick={() => onOpen("forget")}>
                {t("following.codes.forget")}
              </Button>
            </>
          ) : null}
        </div>
      </div>
    </article>
  );
}
