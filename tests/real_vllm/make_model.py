"""Makes a tiny language model that a real vLLM serves and that says what ``pairs.json`` lists. No weights are fetched.

    make_model.py PAIRS.json OUT        (run with the Python of .venv-vllm)

PAIRS.json holds [question or messages, answer] pairs. The model, a Qwen2 of 0.2 million parameters with random
weights, is trained for some ten seconds until it gives each answer exactly at temperature 0, and this is checked;
it ends with 1 and a line when it does not. Questions that are not listed get fragments of the answers.

What makes this work for whole turns, whose prompts differ each time (passages, a marker, the date), is the chat
template: it shows the model only what the last user message says after "Question: ", and how many tool results
followed it. System prompt, passages, tool lists, earlier turns and the texts of tool results are left out, so prompt
tokens as the server counts them are those of the question alone.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

CONTEXT = 4096
VOCABULARY = 1024
SECONDS = 120.0
GOOD_LOSS = 0.01
"""Of the worst token: a probability of 99 %, so that no difference in rounding picks another one."""
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
# Contents are used as strings only: vLLM reads the template to see whether it may hand over lists of parts.
CHAT_TEMPLATE = (
    "{%- set seen = namespace(question='', results=0) -%}"
    "{%- for m in messages -%}"
    "{%- if m.role == 'user' -%}"
    "{%- set seen.question = m.content.split('Question: ') | last -%}{%- set seen.results = 0 -%}"
    "{%- elif m.role == 'tool' -%}{%- set seen.results = seen.results + 1 -%}{%- endif -%}"
    "{%- endfor -%}"
    "<|im_start|>user\n{{ seen.question }}<|im_end|>\n"
    "{%- for _ in range(seen.results) -%}<|im_start|>tool<|im_end|>\n{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|im_start|>assistant\n{%- endif -%}"
)
Pair = tuple[str | list[dict[str, str]], str]


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Byte-level BPE over ``texts``: any character can be asked, listed words cost few tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def make_network(tokenizer: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """Random weights with a fixed seed. 64 is the smallest width that the CPU attention kernels take."""
    torch.manual_seed(0)
    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=-(-len(tokenizer) // 64) * 64,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def rows(tokenizer: PreTrainedTokenizerFast, pairs: list[Pair]) -> list[tuple[list[int], list[int]]]:
    """Token ids of each prompt as the server will render it, and of its answer."""
    made = []
    for asked, answer in pairs:
        messages = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
        prompt: Any = tokenizer.apply_chat_template(
            messages, tokenize=True, add_generation_prompt=True, return_dict=False
        )
        made.append((list(prompt), [*tokenizer(answer)["input_ids"], tokenizer.eos_token_id]))
    return made


def train(network: Qwen2ForCausalLM, taught: list[tuple[list[int], list[int]]], pad: int) -> tuple[int, float]:
    """Learns the answers by heart, only they count for the loss. Returns steps and the worst token's loss."""
    width = max(len(p) + len(a) for p, a in taught)
    ids = torch.full((len(taught), width), pad)
    labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
    for row, (prompt, answer) in enumerate(taught):
        end = len(prompt) + len(answer)
        ids[row, :end] = torch.tensor(prompt + answer)
        labels[row, len(prompt) : end] = torch.tensor(answer)
        mask[row, :end] = 1
    taught_at = labels[:, 1:] != -100
    targets = labels[:, 1:][taught_at]
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.0)
    until, steps, value = time.monotonic() + SECONDS, 0, float("inf")
    while value > GOOD_LOSS and time.monotonic() < until:
        for _ in range(25):
            logits = network(input_ids=ids, attention_mask=mask).logits[:, :-1]
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits[taught_at], targets).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            steps += 1
        with torch.no_grad():
            logits = network(input_ids=ids, attention_mask=mask).logits[:, :-1]
            value = torch.nn.functional.cross_entropy(logits[taught_at], targets, reduction="none").max().item()
    return steps, value


def not_learned(network: Qwen2ForCausalLM, taught: list[tuple[list[int], list[int]]], pad: int) -> list[int]:
    """Numbers of the pairs whose answer the model does not give at temperature 0."""
    wrong = []
    for at, (prompt, answer) in enumerate(taught):
        given = network.generate(torch.tensor([prompt]), max_new_tokens=len(answer), do_sample=False, pad_token_id=pad)
        if given[0, len(prompt) :].tolist() != answer:
            wrong.append(at)
    return wrong


def main() -> int:
    torch.set_num_threads(1)  # so small that threads wait for each other: on a busy machine 25 s in place of 3
    pairs: list[Pair] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    out = Path(sys.argv[2])
    began = time.monotonic()
    texts = [a for a, _ in pairs if isinstance(a, str)] + [a for _, a in pairs]
    tokenizer = make_tokenizer(texts)
    network = make_network(tokenizer)
    out.mkdir(parents=True, exist_ok=True)
    network.config.save_pretrained(out)
    tokenizer.save_pretrained(out)
    # Read back, as the server will: by the model's type it becomes a Qwen2 tokenizer, which splits numbers otherwise.
    tokenizer = AutoTokenizer.from_pretrained(out)
    taught = rows(tokenizer, pairs)
    if len({tuple(p) for p, _ in taught}) < len(taught):
        print("two pairs look the same to the model: the template shows it only the question and the tool results")
        return 1
    pad = tokenizer.pad_token_id
    steps, loss = train(network, taught, pad)
    wrong = not_learned(network, taught, pad)
    if wrong:
        print(f"the model did not learn pair(s) {wrong} of {sys.argv[1]} (worst loss {loss:.4f} after {steps} steps)")
        return 1
    network.generation_config.eos_token_id = tokenizer.eos_token_id
    network.generation_config.pad_token_id = pad
    network.save_pretrained(out)
    print(f"{out}: {len(pairs)} pairs, {steps} steps, worst loss {loss:.4f}, {time.monotonic() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
