import type { RequestHandler } from 'express';
import type { Context } from './context';
import { documentedError, ok, RefusalError } from './errors';
import { route } from './route';
import { taskBody, taskObject } from './taskAnswer';

/** `GET /v1/tasks/{id}`: 200 also for failed tasks; an unknown id is a 400, as documented. */
export function statusRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'task',
		subject: ({ params }) => {
			const taskId = String(params.id);
			return { taskId, prompt: context.tasks.find(taskId)?.promptText };
		},
		work: ({ request, entry, account }) => {
			const taskId = String(request.params.id);
			entry.taskId = taskId;
			const task = context.tasks.find(taskId);
			// Another key's task is as good as unknown.
			if (!task || task.account.key !== account.key) {
				throw new RefusalError(documentedError(400, 'Invalid task ID'));
			}
			const { language } = request.query;
			const wanted = typeof language === 'string' ? language : undefined;
			return ok(taskBody(task, taskObject(context, task, wanted)));
		},
	});
}
