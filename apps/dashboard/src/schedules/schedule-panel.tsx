import { useResource } from '../api/use-resource.ts';
import {
  dayAndTime,
  duration,
  ErrorState,
  Fact,
  Icon,
  JsonView,
  links,
  Loading,
  Panel,
  StateBadge,
  Time,
} from '../parts/index.ts';
import { decodeValue } from '../value/value.ts';
import { ScheduleActions } from './schedule-actions.tsx';
import { ScheduleState } from './schedule-state.tsx';
import { inWords } from './cron-words.ts';
import { CATCH_UPS, OVERLAPS } from './schedule-form.ts';
import { getDetail, type ScheduleDetail } from './schedule.ts';

/** One schedule: its definition, its next runs and the results of its last runs. */
export function SchedulePanel({ id, onChanged, onClose }: { id: string; onChanged: () => void; onClose: () => void }) {
  const { data, error, reload } = useResource(id, (signal) => getDetail(id, signal), { live: '' });
  const changed = () => {
    reload();
    onChanged();
  };
  return (
    <Panel
      title={id}
      actions={
        <span class="row-buttons">
          {data && <ScheduleActions schedule={data.schedule} onChanged={changed} onDeleted={onClose} />}
          <button type="button" class="icon-button" aria-label="Close the schedule" onClick={onClose}>
            <Icon name="close" />
          </button>
        </span>
      }
    >
      {error && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading />}
      {data && <Detail {...data} />}
    </Panel>
  );
}

/** How it is defined, and what failed last. */
function Definition({ schedule }: { schedule: ScheduleDetail['schedule'] }) {
  const { cron, timezone, cronDialect, fault, promiseId, promiseTimeout, overlap, catchUp, createdAt } = schedule;
  return (
    <dl class="facts">
      <Fact name="State">
        <ScheduleState schedule={schedule} />
      </Fact>
      {fault !== undefined && (
        <Fact name="Last failure">{fault}. The server tries again at least every 5 minutes.</Fact>
      )}
      <Fact name="Runs">{inWords(cron, cronDialect) ?? <span class="mono">{cron}</span>}</Fact>
      <Fact name="Cron">
        <span class="mono">{cron}</span> in {timezone ?? 'UTC'}
        {cronDialect === 'unix' && ', weekdays numbered as in crontab(5)'}
      </Fact>
      <Fact name="Creates">
        <span class="mono">{promiseId}</span>
      </Fact>
      <Fact name="Times out">after {duration(promiseTimeout)}</Fact>
      <Fact name="If the last run is pending">{OVERLAPS[overlap ?? 'allow'] ?? overlap}</Fact>
      <Fact name="Missed runs">{CATCH_UPS[catchUp ?? 'all'] ?? catchUp}</Fact>
      <Fact name="Created">
        <Time at={createdAt} />
      </Fact>
    </dl>
  );
}

function Detail({ schedule, runs, last }: ScheduleDetail) {
  const { promiseTags, promiseParam } = schedule;
  return (
    <div class="panel-body columns">
      <Definition schedule={schedule} />
      <div>
        <h3>Next runs</h3>
        {runs.length === 0 ? (
          <p class="dim">
            {schedule.pausedAt === undefined
              ? 'None: the cron expression has no time after now.'
              : 'None while it is paused.'}
          </p>
        ) : (
          <ol class="plain">
            {runs.map((at) => (
              <li key={at}>
                {dayAndTime(at)} <span class="dim"> · </span>
                <Time at={at} />
              </li>
            ))}
          </ol>
        )}
        <h3>Last runs</h3>
        {last.length === 0 && <p class="dim">None yet, or they were deleted.</p>}
        <ol class="plain">
          {last.map(({ id, state, createdAt: at }) => (
            <li key={id} class="row">
              <StateBadge state={state} />
              <a class="mono break" href={links.promise(id)}>
                {id}
              </a>
              <Time at={at} />
            </li>
          ))}
        </ol>
      </div>
      <div>
        <h3>Tags and param of its promises</h3>
        <JsonView label="Tags and param" value={{ tags: promiseTags, param: readable(promiseParam) }} />
      </div>
    </div>
  );
}

/** The decoded param if it is JSON, otherwise the param itself. */
function readable(param: ScheduleDetail['schedule']['promiseParam']): unknown {
  const decoded = decodeValue(param);
  return decoded.kind === 'json' ? decoded.json : param;
}
