import type { ProjectDocumentKind, ProjectFileRow, ProjectMediaKind } from '../src/graphql/context.ts';
import { builder } from './builder.ts';

const ProjectDocumentKindEnum = builder.enumType('ProjectDocumentKind', {
  description: 'The subject of a document.',
  values: {
    WHITEPAPER: { value: 'whitepaper', description: 'The idea and how it works.' },
    TOKENOMICS: { value: 'tokenomics', description: 'How its tokens are made and shared out.' },
    ROADMAP: { value: 'roadmap', description: 'The steps it plans.' },
    AUDIT_REPORT: { value: 'audit_report', description: 'An audit of its code.' },
  } as const satisfies Record<string, { value: ProjectDocumentKind; description: string }>,
});

const ProjectMediaKindEnum = builder.enumType('ProjectMediaKind', {
  description: 'The form of a medium.',
  values: {
    SCREENSHOT: { value: 'screenshot', description: 'A picture of the product.' },
    VIDEO: { value: 'video', description: 'A film.' },
    PRESENTATION: { value: 'presentation', description: 'Slides, as a PDF or a film.' },
  } as const satisfies Record<string, { value: ProjectMediaKind; description: string }>,
});

export const ProjectDocument = builder
  .objectRef<ProjectFileRow<ProjectDocumentKind>>('ProjectDocument')
  .implement({
    description: "The gateway's copy of a document of a project, a PDF.",
    fields: (t) => ({
      kind: t.expose('kind', { type: ProjectDocumentKindEnum, description: 'Its subject.' }),
      url: t.string({
        description: 'Where it is; another version has another URL.',
        resolve: ({ file }, _args, context) => context.fileUrl(file),
      }),
      sizeBytes: t.exposeInt('size_bytes', { description: 'Its size.' }),
      updatedAt: t.expose('copied_updated_at', {
        type: 'DateTime',
        description: 'When the platform last changed it.',
      }),
    }),
  });

export const ProjectMedia = builder.objectRef<ProjectFileRow<ProjectMediaKind>>('ProjectMedia').implement({
  description: "The gateway's copy of a picture, a film or slides of a project.",
  fields: (t) => ({
    kind: t.expose('kind', { type: ProjectMediaKindEnum, description: 'Its form.' }),
    url: t.string({
      description: 'Where it is; another version has another URL.',
      resolve: ({ file }, _args, context) => context.fileUrl(file),
    }),
    contentType: t.exposeString('content_type', { description: 'The media type of its bytes.' }),
    sizeBytes: t.exposeInt('size_bytes', { description: 'Its size.' }),
    updatedAt: t.expose('copied_updated_at', {
      type: 'DateTime',
      description: 'When the platform last changed it.',
    }),
  }),
});
