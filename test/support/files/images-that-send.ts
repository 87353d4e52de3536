import { env } from 'cloudflare:workers';

/** Images whose result is this file, whatever is asked for; `calls` says how often it was asked. */
export function imagesThatSend(result: () => ReadableStream<Uint8Array> | Promise<never>) {
  const counted = { calls: 0 };
  const transformer = {
    transform: () => transformer,
    draw: () => transformer,
    async output() {
      counted.calls += 1;
      const stream = await result();
      return { image: () => stream, contentType: () => '', response: () => new Response(stream) };
    },
  };
  return { counted, images: { ...env.IMAGES, input: () => transformer } as unknown as ImagesBinding };
}

/** As Images fails: https://developers.cloudflare.com/images/reference/troubleshooting/ */
export const imagesError = (code: number) => Object.assign(new Error(`ERROR ${code}`), { code });
