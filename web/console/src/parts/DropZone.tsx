import { InboxOutlined } from "@ant-design/icons";
import { type DragEvent, useId, useState } from "react";
import style from "./DropZone.module.css";

interface Props {
  onFiles: (files: File[]) => void;
  multiple?: boolean;
  title: string;
  teach: string;
  choose: string;
  accept?: string;
}

/** Where files are dropped, or chosen with a click or a key. */
export function DropZone({ onFiles, multiple, title, teach, choose, accept }: Props) {
  const id = useId();
  const [over, setOver] = useState(false);
  const hover = (is: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(is);
  };
  return (
    <label
      htmlFor={id}
      className={over ? `${style.zone} ${style.over}` : style.zone}
      onDragEnter={hover(true)}
      onDragOver={hover(true)}
      onDragLeave={hover(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const files = [...event.dataTransfer.files];
        if (files.length > 0) onFiles(multiple ? files : files.slice(0, 1));
      }}
    >
      <InboxOutlined className={style.icon} aria-hidden="true" />
      <span className={style.title}>{title}</span>
      <span className={style.teach}>{teach}</span>
      <span className={style.choose}>{choose}</span>
      <input
        id={id}
        type="file"
        className={style.input}
        multiple={multiple}
        accept={accept}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
    </label>
  );
}
