import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Alert, Button, Select } from "antd";
import { useState } from "react";
import { wayText } from "../../parts/ways.ts";
import { newKey } from "../../queries/key.ts";
import { alike, mergePeople, splitPerson, tagPerson, tags, talks, undoPeople, year } from "../../queries/people.ts";
import { person } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { dayOf, daysBetween } from "../../words/time.ts";
import { useWords } from "../../words/useWords.ts";
import { ErasePerson } from "./ErasePerson.tsx";
import { MuteHere } from "./MuteHere.tsx";
import { Notes } from "./Notes.tsx";
import { Past } from "./Past.tsx";
import style from "./People.module.css";
import { Year } from "./Year.tsx";

/** One person over all groups. */
export function PersonPage() {
  const w = useWords();
  const { t } = w;
  const { community, zone, may } = useHere();
  const { person: id } = useParams({ from: "/inside/people/$person" });
  const client = useQueryClient();
  const { data: p, error, refetch } = useQuery(person(community, id));
  const { data: known } = useQuery(tags(community));
  const written = useQuery(year(community, id));
  const talk = useQuery(talks(community, id));
  const same = useQuery(alike(community, id));
  const [done, setDone] = useState<number>();
  const [mute, setMute] = useState<{ group: number; member: { id: number; name: string } }>();
  const again = () => {
    void client.invalidateQueries({ queryKey: ["people"] });
    void client.invalidateQueries({ queryKey: ["person"] });
  };
  const linked = {
    onSuccess: (a: { as_of: number }) => {
      setDone(a.as_of);
      again();
    },
  };
  const merge = useMutation({
    mutationFn: (other: number) => mergePeople(community, [id, other], newKey()),
    ...linked,
  });
  const split = useMutation({
    mutationFn: (identity: number) => splitPerson(community, identity, newKey()),
    ...linked,
  });
  const undo = useMutation({
    mutationFn: (seq: number) => undoPeople(community, seq, newKey()),
    onSuccess: () => {
      setDone(undefined);
      again();
    },
  });
  const tag = useMutation({
    mutationFn: (to: string[]) =>
      tagPerson(
        community,
        id,
        { put: to.filter((x) => !p?.tags.includes(x)), take: (p?.tags ?? []).filter((x) => !to.includes(x)) },
        newKey(),
      ),
    onSuccess: again,
  });
  const failed = merge.error ?? split.error ?? undo.error ?? tag.error;
  if (error && !p) return <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />;
  if (!p) return <Loading rows={10} />;
  const stay = (g: (typeof p.groups)[number]) => {
    const [from, to] = [dayOf(g.first_at, zone), dayOf(g.last_at, zone)];
    const last = p.stays.findLast((s) => s.group === g.group);
    return t(last?.left ? "people.stayed" : "people.seen", {
      period: w.days(from, to),
      count: daysBetween(from, to),
    });
  };
  // Who they are in a group, where the platform knows them by an ID: only such can be muted.
  const memberOf = (g: (typeof p.groups)[number]) =>
    p.identities.find((i) => i.outside && i.network === g.network && (i.group === 0 || i.group === g.group));
  const groupNames = new Map(p.groups.map((g) => [g.group, g.name]));
  return (
    <div className={style.page}>
      <h1>{p.name || `#${p.id}`}</h1>
      {done === undefined ? null : (
        <Alert
          type="success"
          title={t("people.linked")}
          action={
            <Button size="small" loading={undo.isPending} onClick={() => undo.mutate(done)}>
              {t("people.undo")}
            </Button>
          }
        />
      )}
      {failed ? <Failed trouble={asProblem(failed)} /> : null}
      <Panel
        title={t("people.about")}
        note={t("people.since", { when: w.when(p.first_at, zone) })}
        actions={
          <div className={style.bar}>
            <Link to="/messages" search={{ person: p.id }}>
              {t("people.allMessages")}
            </Link>
            {may("moderation.view") ? (
              <Link to="/moderation/people/$person" params={{ person: p.id }}>
                {t("people.record")}
              </Link>
            ) : null}
            {may("manage") ? (
              <>
                <Button href={`/api/v1/communities/${community}/people/${p.id}/export`} download>
                  {t("people.exportJson")}
                </Button>
                <Button href={`/api/v1/communities/${community}/people/${p.id}/export?format=csv`} download>
                  {t("people.exportCsv")}
                </Button>
              </>
            ) : null}
          </div>
        }
      >
        <p>
          {t("people.messages", { count: p.messages, n: w.count(p.messages) })} ·{" "}
          {p.spoke_at ? t("people.spoke", { when: w.when(p.spoke_at, zone) }) : t("people.neverSpoke")}
        </p>
        <Select
          mode="tags"
          style={{ width: "100%", maxWidth: 480, marginTop: 12 }}
          aria-label={t("people.tags")}
          placeholder={t("people.tags")}
          disabled={!may("act")}
          loading={tag.isPending}
          value={tag.isPending ? tag.variables : p.tags}
          options={(known ?? []).map((k) => ({ value: k.tag, label: k.tag }))}
          onChange={(to: string[]) => tag.mutate(to)}
        />
      </Panel>
      <Panel title={t("people.year")}>{written.data ? <Year year={written.data} /> : <Loading rows={3} />}</Panel>
      <div className={style.two}>
        <Panel title={t("people.groups")}>
          {p.groups.length === 0 ? <Empty title={t("people.noGroups")}>{t("people.noGroupsTeach")}</Empty> : null}
          <ul>
            {p.groups.map((g) => (
              <li key={g.group}>
                <div className={style.line}>
                  <Link className={style.words} to="/groups/$group" params={{ group: g.group }} search={{}}>
                    {g.name}
                  </Link>
                  <span className={style.faint}>
                    {t("people.messages", { count: g.messages, n: w.count(g.messages) })} · {stay(g)}
                  </span>
                  <MuteButton
                    member={memberOf(g)}
                    in={g.name}
                    onClick={(member) => setMute({ group: g.group, member })}
                  />
                </div>
              </li>
            ))}
          </ul>
        </Panel>
        <Panel title={t("people.called")} note={t("people.calledNote")}>
          {p.called.length === 0 ? <p className={style.faint}>{t("people.noNames")}</p> : null}
          <ul>
            {p.called.map((n) => (
              <li key={n.name}>
                <div className={style.line}>
                  <span className={style.words}>{n.name}</span>
                  <span className={style.faint}>{w.days(n.from, n.to)}</span>
                </div>
              </li>
            ))}
          </ul>
        </Panel>
        <Panel title={t("people.stays")} note={t("people.staysNote")}>
          {p.stays.length === 0 ? <p className={style.faint}>{t("people.noStays")}</p> : null}
          <ul>
            {p.stays.map((s) => (
              <li key={`${s.group}/${s.at}`}>
                <div className={style.line}>
                  <span className={style.words}>
                    {t(s.left ? "people.left" : "people.joined", { group: groupNames.get(s.group) ?? `#${s.group}` })}
                    {s.by ? ` · ${t(s.left ? "people.removedBy" : "people.invitedBy", { name: s.by_name })}` : null}
                    {s.way ? ` · ${wayText(w, s.way)}` : null}
                  </span>
                  <span className={style.faint}>{w.when(s.at, zone)}</span>
                </div>
              </li>
            ))}
          </ul>
        </Panel>
        {may("moderation.view") ? <Notes person={p.id} /> : null}
        <Panel title={t("people.talks")} note={t("people.talksNote")}>
          {talk.data?.talks?.length === 0 ? <p className={style.faint}>{t("people.noTalks")}</p> : null}
          <ul>
            {(talk.data?.talks ?? []).map((x) => (
              <li key={x.person}>
                <div className={style.line}>
                  <Link className={style.words} to="/people/$person" params={{ person: x.person }}>
                    {x.name || `#${x.person}`}
                  </Link>
                  <span className={style.faint}>{t("people.talkCounts", { to: x.to, from: x.from })}</span>
                </div>
              </li>
            ))}
          </ul>
        </Panel>
        <Panel title={t("people.identities")} note={t("people.identitiesNote")}>
          <ul>
            {p.identities.map((i) => (
              <li key={i.id}>
                <div className={style.line}>
                  <span className={style.words}>
                    {i.name}{" "}
                    <span className={style.faint}>
                      {t(`network.${i.network as "sim"}`, { defaultValue: i.network })}
                    </span>
                  </span>
                  {may("act") && p.identities.length > 1 ? (
                    <Button size="small" disabled={split.isPending} onClick={() => split.mutate(i.id)}>
                      {t("people.split")}
                    </Button>
                  ) : null}
                </div>
              </li>
            ))}
          </ul>
        </Panel>
        <Past person={p.id} undoing={undo.isPending ? undo.variables : undefined} onUndo={(seq) => undo.mutate(seq)} />
        <Panel title={t("people.alike")} note={t("people.alikeNote")}>
          {same.data?.length === 0 ? <p className={style.faint}>{t("people.noAlike")}</p> : null}
          <ul>
            {(same.data ?? []).map((a) => (
              <li key={a.person}>
                <div className={style.line}>
                  <div className={style.words}>
                    <Link to="/people/$person" params={{ person: a.person }}>
                      {a.name || `#${a.person}`}
                    </Link>
                    <p className={style.faint}>
                      {t(`people.reason.${a.reason}`, { detail: a.detail })}
                      {a.groups > 0 ? ` · ${t("people.shared", { count: a.groups })}` : null}
                    </p>
                  </div>
                  {may("act") ? (
                    <Button size="small" disabled={merge.isPending} onClick={() => merge.mutate(a.person)}>
                      {t("people.merge")}
                    </Button>
                  ) : null}
                </div>
              </li>
            ))}
          </ul>
        </Panel>
      </div>
      {may("manage") ? <ErasePerson person={p} /> : null}
      {mute ? <MuteHere {...mute} onClose={() => setMute(undefined)} /> : null}
    </div>
  );
}

interface MuteProps {
  member: { id: number; name: string } | undefined;
  in: string;
  onClick: (member: { id: number; name: string }) => void;
}

function MuteButton({ member, in: name, onClick }: MuteProps) {
  const { t } = useWords();
  const { may } = useHere();
  if (!member || !may("act")) return null;
  return (
    <Button size="small" aria-label={t("people.muteIn", { group: name })} onClick={() => onClick(member)}>
      {t("act.mute")}
    </Button>
  );
}
