import { choice } from '../option.ts';

export const schedules = {
  cron: choice({
    choices: ['resonate', 'unix'],
    default: 'resonate',
    describe:
      'How cron expressions of new schedules are read: resonate as the public server (weekday 1 is Sunday), unix as cron(8) (0 is Sunday)',
  }),
};
