/** How many texts of others came since the chat was last open; said aloud as they come (WCAG 2.2 AA 4.1.3). */

import type { CallView } from "@bedside/sdk";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useAnnounce } from "../../layout/announcer";
import type { NameOf } from "../use-names";
import { authorOf } from "./author";

export function useUnread(view: CallView, nameOf: NameOf, isOpen: boolean): number {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const { messages } = view.chat;
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const told = useRef(new Set<string>());

  const ofOthers = messages.filter(({ seat }) => seat !== view.seat);
  const unread = isOpen ? [] : ofOthers.filter(({ key }) => !seen.has(key));
  const keys = ofOthers.map(({ key }) => key).join();

  // While it is open, all that is there is seen.
  const [seenKeys, setSeenKeys] = useState("");
  if (isOpen && seenKeys !== keys) {
    setSeenKeys(keys);
    setSeen(new Set(ofOthers.map(({ key }) => key)));
  }

  useEffect(() => {
    const news = messages.filter(({ key, seat }) => seat !== view.seat && !told.current.has(key));
    for (const { key } of news) told.current.add(key);
    // The open panel is a live region of its own.
    const [first] = news;
    if (isOpen || first === undefined) return;
    if (news.length > 1) announce(t("visit.chat.news", { count: news.length }));
    else announce(t("visit.chat.from", { name: authorOf(first, view, nameOf, t), text: first.text }));
  }, [messages, view, nameOf, isOpen, announce, t]);

  return unread.length;
}
