import type { MemberOfStaff, Role, Team } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { useState } from "react";
import { changeStaff, dropSecondOf, passwordLink, revokeKey, team, withdraw } from "../../queries/team.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Copy } from "../../ui/Copy.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { LimitSheet } from "./GroupChoice.tsx";
import { InviteSheet, KeySheet } from "./MakeSheets.tsx";
import style from "./Team.module.css";

/** Who works here, who was invited, and the keys of programs. */
export function TeamPage() {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(team(community));
  return (
    <div className={style.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={6} />
      ) : (
        <>
          <People team={data} />
          {data.invitations.length > 0 ? <Invitations team={data} /> : null}
          <Keys team={data} />
        </>
      )}
    </div>
  );
}

/** Does something to the team, and takes over how it is afterwards. */
function useChange<V>(act: (values: V) => Promise<Team>) {
  const { community } = useHere();
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (after) => client.setQueryData(team(community).queryKey, after),
  });
}

interface Made {
  teach: string;
  value: string;
}

function MadeOnce({ made }: { made: Made }) {
  return (
    <div className={style.made} role="status">
      <p>{made.teach}</p>
      <Copy value={made.value} />
    </div>
  );
}

const whole = (path: string) => `${location.origin}${path}`;

function People({ team: all }: { team: Team }) {
  const { t } = useWords();
  const [inviting, setInviting] = useState(false);
  const [made, setMade] = useState<Made>();
  return (
    <Panel
      title={t("team.title")}
      note={t("team.note")}
      actions={
        <Button type="primary" onClick={() => setInviting(true)}>
          {t("team.invite")}
        </Button>
      }
    >
      {made ? <MadeOnce made={made} /> : null}
      <ul>
        {all.staff.map((m) => (
          <li key={m.id}>
            <Person
              member={m}
              roles={all.roles.map((r) => r.role as Role)}
              onLink={(path) => setMade({ teach: `${m.name}：${t("team.onceReset")}`, value: whole(path) })}
            />
          </li>
        ))}
      </ul>
      {inviting ? (
        <InviteSheet
          roles={all.roles.map((r) => r.role as Role)}
          onMade={(path) => setMade({ teach: t("team.once"), value: whole(path) })}
          onClose={() => setInviting(false)}
        />
      ) : null}
    </Panel>
  );
}

interface PersonProps {
  member: MemberOfStaff;
  roles: Role[];
  onLink: (path: string) => void;
}

function Person({ member: m, roles, onLink }: PersonProps) {
  const w = useWords();
  const { t } = w;
  const { community, zone, staff } = useHere();
  const change = useChange((body: { role?: Role; disabled?: boolean; groups?: number[] }) =>
    changeStaff(community, m.id, body),
  );
  const drop = useChange(() => dropSecondOf(community, m.id));
  const client = useQueryClient();
  const link = useMutation({
    mutationFn: () => passwordLink(community, m.id),
    onSuccess: async (a) => {
      onLink(a.path);
      await client.invalidateQueries({ queryKey: ["team"] });
    },
  });
  const failed = change.error ?? drop.error ?? link.error;
  const me = staff?.id === m.id;
  const off = m.disabled_at !== undefined;
  const [limiting, setLimiting] = useState(false);
  const last = m.sign_ins[0];
  const facts = [
    m.groups.length > 0 ? t("team.limited", { count: m.groups.length }) : "",
    m.second_factor ? t("team.second") : "",
    m.sign_ins.length > 0 ? t("team.signIns", { count: m.sign_ins.length }) : "",
    last ? `${t("team.seen")} ${w.when(last.seen_at, zone)}` : "",
  ].filter(Boolean);
  return (
    <article className={style.line} aria-label={m.name}>
      <div className={style.words}>
        <p>
          <span className={style.name}>{m.name}</span>
          {me ? <span className={style.faint}> · {t("team.you")}</span> : null}
          {off ? <span className={style.off}> · {t("team.disabled")}</span> : null}
        </p>
        <p className={style.faint}>{facts.join(" · ") || t(`roleTeach.${m.role}`)}</p>
        {failed ? <Failed trouble={asProblem(failed)} /> : null}
      </div>
      <div className={style.acts}>
        <Select<Role>
          aria-label={t("team.role")}
          value={m.role}
          disabled={off}
          loading={change.isPending}
          popupMatchSelectWidth={false}
          onChange={(role) => change.mutate({ role })}
          options={roles.map((r) => ({ value: r, label: t(`role.${r}`) }))}
        />
        {off || m.role === "owner" ? null : (
          <Button size="small" onClick={() => setLimiting(true)}>
            {t("team.limit")}
          </Button>
        )}
        {off ? null : (
          <Button size="small" loading={link.isPending} onClick={() => link.mutate()}>
            {t("team.password")}
          </Button>
        )}
        {m.second_factor && !me ? (
          <Button size="small" loading={drop.isPending} onClick={() => drop.mutate(undefined)}>
            {t("team.dropSecond")}
          </Button>
        ) : null}
        {me ? null : (
          <Button
            size="small"
            danger={!off}
            loading={change.isPending}
            onClick={() => change.mutate({ disabled: !off })}
          >
            {t(off ? "team.enable" : "team.disable")}
          </Button>
        )}
      </div>
      {limiting ? (
        <LimitSheet
          name={m.name}
          groups={m.groups}
          onSave={(groups) => change.mutateAsync({ groups })}
          onClose={() => setLimiting(false)}
        />
      ) : null}
    </article>
  );
}

function Invitations({ team: all }: { team: Team }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const take = useChange((id: string) => withdraw(community, id));
  return (
    <Panel title={t("team.open")} note={t("team.openNote")}>
      {take.error ? <Failed trouble={asProblem(take.error)} /> : null}
      <ul>
        {all.invitations.map((i) => (
          <li key={i.id}>
            <div className={style.line}>
              <p className={style.words}>
                <span className={style.name}>{i.name}</span>{" "}
                <span className={style.faint}>
                  · {i.staff ? t("team.reset") : t(`role.${i.role as Role}`)} ·{" "}
                  {t("team.until", { when: w.when(i.expires_at, zone) })}
                </span>
              </p>
              <Button
                size="small"
                loading={take.isPending && take.variables === i.id}
                onClick={() => take.mutate(i.id)}
              >
                {t("team.withdraw")}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Keys({ team: all }: { team: Team }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Made>();
  const revoke = useChange((id: number) => revokeKey(community, id));
  const add = <Button onClick={() => setMaking(true)}>{t("team.addKey")}</Button>;
  const named = new Map(all.staff.map((m) => [m.id, m.name]));
  return (
    <Panel title={t("team.keys")} note={t("team.keysNote")} actions={all.keys.length > 0 ? add : undefined}>
      {made ? <MadeOnce made={made} /> : null}
      {revoke.error ? <Failed trouble={asProblem(revoke.error)} /> : null}
      {all.keys.length === 0 ? (
        <Empty title={t("team.noKeys")} actions={add}>
          {t("team.noKeysTeach")}
        </Empty>
      ) : (
        <ul>
          {all.keys.map((k) => (
            <li key={k.id}>
              <div className={style.line}>
                <div className={style.words}>
                  <p className={style.name}>{k.name}</p>
                  <p className={style.faint}>
                    {[
                      named.get(k.staff),
                      k.scopes.map((s) => t(`team.scope.${s as "read"}`)).join("、"),
                      k.expires_at < Date.now()
                        ? t("team.expired")
                        : t("team.until", { when: w.when(k.expires_at, zone) }),
                      k.seen_at ? `${t("team.seen")} ${w.when(k.seen_at, zone)}` : t("team.never"),
                    ]
                      .filter(Boolean)
                      .join(" · ")}
                  </p>
                </div>
                <Button
                  size="small"
                  danger
                  loading={revoke.isPending && revoke.variables === k.id}
                  onClick={() => revoke.mutate(k.id)}
                >
                  {t("team.revoke")}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      {making ? (
        <KeySheet
          scopes={all.scopes}
          onMade={(key) => setMade({ teach: t("team.keyOnce"), value: key })}
          onClose={() => setMaking(false)}
        />
      ) : null}
    </Panel>
  );
}
