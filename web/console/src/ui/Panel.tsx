import { type ReactNode, useId } from "react";
import style from "./Panel.module.css";

interface Props {
  title: ReactNode;
  /** What is seen, in which unit, or what the reader should take from it. */
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  /** Lets the content touch the edges. */
  flush?: boolean;
}

/** A titled section of a page. */
export function Panel({ title, note, actions, children, className, flush }: Props) {
  const id = useId();
  return (
    <section className={[style.panel, className].filter(Boolean).join(" ")} aria-labelledby={id}>
      <header className={style.head}>
        <div className={style.words}>
          <h2 id={id}>{title}</h2>
          {note ? <p className={style.note}>{note}</p> : null}
        </div>
        {actions ? <div className={style.actions}>{actions}</div> : null}
      </header>
      <div className={flush ? style.flush : style.body}>{children}</div>
    </section>
  );
}
