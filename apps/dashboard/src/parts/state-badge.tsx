import { Icon, type IconName } from './icon.tsx';

type Tone = 'pending' | 'running' | 'good' | 'bad' | 'muted' | 'late';

interface Look {
  label: string;
  tone: Tone;
  icon: IconName;
}

const PROMISE_LOOKS: Readonly<Record<string, Look>> = {
  pending: { label: 'Pending', tone: 'pending', icon: 'dots' },
  resolved: { label: 'Resolved', tone: 'good', icon: 'check' },
  rejected: { label: 'Rejected', tone: 'bad', icon: 'cross' },
  rejected_canceled: { label: 'Canceled', tone: 'muted', icon: 'ban' },
  rejected_timedout: { label: 'Timed out', tone: 'late', icon: 'clock' },
};

const TASK_LOOKS: Readonly<Record<string, Look>> = {
  pending: { label: 'Waiting', tone: 'pending', icon: 'dots' },
  acquired: { label: 'Running', tone: 'running', icon: 'play' },
  suspended: { label: 'Suspended', tone: 'muted', icon: 'pause' },
  halted: { label: 'Halted', tone: 'bad', icon: 'stop' },
  fulfilled: { label: 'Done', tone: 'good', icon: 'check' },
};

/** State of a promise or task: colour, icon and label. */
export function StateBadge({ state, of = 'promise' }: { state: string; of?: 'promise' | 'task' }) {
  const { label, tone, icon } = lookOf(state, of);
  return <Badge tone={tone} icon={icon} label={label} />;
}

/** @param tone names the colours of tokens.css: --TONE on --TONE-soft. */
export function Badge({ tone, icon, label }: { tone: Tone; icon?: IconName; label: string }) {
  return (
    <span class={`badge tone-${tone}`}>
      {icon && <Icon name={icon} size={12} />}
      {label}
    </span>
  );
}

/** Label, tone and icon for a state. An unknown state is shown unchanged. */
export function lookOf(state: string, of: 'promise' | 'task' = 'promise'): Look {
  return (of === 'promise' ? PROMISE_LOOKS : TASK_LOOKS)[state] ?? { label: state, tone: 'muted', icon: 'dots' };
}
