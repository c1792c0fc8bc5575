import { DisconnectOutlined, EyeInvisibleOutlined, TeamOutlined } from "@ant-design/icons";
import type { Capability, GroupCard } from "@qunying/api/model";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { connectionOf } from "../../queries/actions.ts";
import { connections } from "../../queries/connections.ts";
import { capacity, colleagues, keeper } from "../../queries/sending.ts";
import { attention } from "../../queries/tasks.ts";
import { useHere } from "../../shell/useHere.ts";
import { useWords } from "../../words/useWords.ts";
import style from "./GroupPage.module.css";
import { canOf } from "./MessageMenu.tsx";

/** Whether nobody reads what is said in a group. */
export const unread = (group: GroupCard, capabilities: Capability[]): boolean =>
  capabilities.length > 0 && canOf(capabilities, "read") === "nobody" && !group.data.includes("messages");

/** What one has to know before believing the page: nobody reads what is said, the line is down, or the group is nearly full. */
export function Notices({ group, capabilities }: { group: GroupCard; capabilities: Capability[] }) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data: waiting } = useQuery(attention(community));
  const anyDown = (waiting?.connections ?? 0) > 0;
  const { data: name } = useQuery({ ...connectionOf(community, group.id), enabled: anyDown });
  const { data: lines } = useQuery({ ...connections(community), enabled: anyDown });
  const line = anyDown && name ? lines?.find((c) => c.name === name) : undefined;
  const { data: full } = useQuery(capacity(community));
  const here = full?.groups.find((g) => g.group === group.id && g.full);
  return (
    <>
      {unread(group, capabilities) ? (
        <p className={style.notice}>
          <EyeInvisibleOutlined aria-hidden="true" /> {t("line.unread")}{" "}
          {group.network === "wecom" ? (
            <Link to="/connect" search={{ driver: "wecom-archive" }}>
              {t("line.archive")}
            </Link>
          ) : null}
        </p>
      ) : null}
      {line && line.health.state !== "online" ? (
        <p className={style.notice} role="status">
          <DisconnectOutlined aria-hidden="true" /> {t("line.off", { name: line.title || line.name })}{" "}
          <Link to="/connections/$connection" params={{ connection: line.name }}>
            {t("line.see")}
          </Link>
        </p>
      ) : null}
      {here ? (
        <p className={style.notice}>
          <TeamOutlined aria-hidden="true" />{" "}
          {t("capacity.near", { members: w.exact(here.members), cap: w.exact(here.cap) })}
        </p>
      ) : null}
    </>
  );
}

/** Whose group it is, nothing where it is nobody's. */
export function KeeperName({ group }: { group: number }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data } = useQuery(keeper(community, group));
  const { data: staff } = useQuery({ ...colleagues(community), enabled: Boolean(data?.staff) });
  const name = staff?.find((s) => s.id === data?.staff)?.name;
  return name ? <span>{t("line.keeper", { name })}</span> : null;
}
