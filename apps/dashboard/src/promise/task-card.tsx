import type { Task } from '@resonate/admin';
import { duration, Fact, relativeTime, StateBadge, useNow } from '../parts/index.ts';
import { TaskButtons } from './task-buttons.tsx';

interface Props {
  id: string;
  task: Task & { address?: string | undefined };
  isPending: boolean;
  onDone: () => void;
}

/** The task of a promise: its worker, lease and next delivery, and actions on it. */
export function TaskCard({ id, task, isPending, onDone }: Props) {
  const now = useNow();
  return (
    <>
      <dl class="pd-facts">
        <Fact name="State">
          <StateBadge state={task.state} of="task" />
        </Fact>
        {task.pid !== undefined && (
          <Fact name="Worker">
            <span class="mono">{task.pid}</span>
          </Fact>
        )}
        {task.leaseEndsAt !== undefined && <Lease endsAt={task.leaseEndsAt} ttl={task.ttl ?? 0} now={now} />}
        {task.state === 'pending' && task.nextDeliveryAt !== undefined && (
          <Fact name="Next delivery">{task.nextDeliveryAt > now ? relativeTime(task.nextDeliveryAt, now) : 'due'}</Fact>
        )}
        {task.setbacks > 0 && (
          <Fact name="Given back">
            {task.setbacks === 1 ? 'once' : `${task.setbacks} times`} without progress
            {task.state === 'pending' && nextTry(task.nextDeliveryAt, now)}
          </Fact>
        )}
        {task.attempts > 0 && <Fact name="Deliveries">{task.attempts}</Fact>}
        <Fact name="Version">
          {task.version} <span class="dim">{acquires(task.version)}</span>
        </Fact>
        {task.resumes > 0 && <Fact name="Settled calls">{task.resumes} since it was last acquired</Fact>}
        <Fact name="Target">
          <span class="mono" title={task.address}>
            {task.transport} {task.target}
          </span>
        </Fact>
      </dl>
      {isPending && <TaskButtons id={id} task={task} onDone={onDone} />}
    </>
  );
}

/** The rest of the lease as a number and as a bar. */
function Lease({ endsAt, ttl, now }: { endsAt: number; ttl: number; now: number }) {
  const left = Math.max(0, endsAt - now);
  return (
    <Fact name="Lease">
      {left > 0 ? `${duration(left, 1)} left of ${duration(ttl, 1)}` : 'expired'}
      <progress class="lease" max={Math.max(1, ttl)} value={Math.min(ttl, left)} aria-label="Lease left" />
    </Fact>
  );
}

/** The time until the message goes out again; nothing if it is due. */
function nextTry(at: number | undefined, now: number): string {
  return at !== undefined && at > now ? `, next try ${relativeTime(at, now)}` : '';
}

function acquires(version: number): string {
  if (version === 0) return 'never acquired';
  return version === 1 ? 'acquired once' : `acquired ${version} times`;
}
