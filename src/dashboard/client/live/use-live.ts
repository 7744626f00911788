import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { type Connection, type LiveEvent, liveEvents } from './live-events.ts';

const TOGETHER_MS = 400;

export function useConnection(): Connection {
  return useSyncExternalStore(liveEvents.watch, liveEvents.state);
}

/** Calls back with the events that came within a moment, together; it always sees the newest closure. */
export function useLiveEvents(onEvents: (events: LiveEvent[]) => void): void {
  const callback = useRef(onEvents);
  useEffect(() => {
    callback.current = onEvents;
  });
  useEffect(() => {
    let waiting: LiveEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = liveEvents.read((event) => {
      waiting.push(event);
      timer ??= setTimeout(() => {
        timer = undefined;
        const events = waiting;
        waiting = [];
        callback.current(events);
      }, TOGETHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
}

/** Asks again for what an event concerns: `matters` says which events do. */
export function useRefreshOn(queryKey: readonly unknown[], matters: (event: LiveEvent) => boolean): void {
  const queries = useQueryClient();
  useLiveEvents((events) => {
    if (events.some(matters)) void queries.invalidateQueries({ queryKey: [...queryKey] });
  });
}

/** After the service was away, what is shown may be old; but what is kept under this key catches up by its events. */
export function useRefreshWhenBack(followed: string): void {
  const queries = useQueryClient();
  const connection = useConnection();
  const wasAway = useRef(false);
  useEffect(() => {
    if (connection === 'offline') wasAway.current = true;
    else if (connection !== 'connecting' && wasAway.current) {
      wasAway.current = false;
      void queries.invalidateQueries({
        predicate: ({ queryKey, state }) => queryKey[0] !== followed || state.status === 'error',
      });
    }
  }, [connection, queries, followed]);
}
