"""The training loop: steps, averaging, exact resume, measurements on the way."""

import copy
import logging
import time
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import torch

from inference.data.samples import Sample, SampleDrawer
from inference.models.checkpoint import load_weights
from inference.models.late_clicks import LateClicks
from inference.training.config import TrainingConfig, TrainingConfigInvalid
from inference.training.picture_sheet import write_sheet
from inference.training.rounds import Batch, Rounds, first_click_loss, later_clicks_loss
from inference.training.run_folder import RunFolder
from inference.training.schedule import Schedule
from inference.training.validation import Case, measure

log = logging.getLogger(__name__)

GREATEST_GRADIENT = 3.0
REPORT_EVERY_STEPS = 25


class Trainer:
    """One run in progress.

    Sample and click draws of step n come from a generator seeded with (seed, n), so a resumed run
    goes on exactly as it would have gone on without the interruption.

    Attributes:
        network: the weights being trained.
        average: their exponential moving average, which is what is measured and exported.
        schedule: how far the run is.
        samples: drawn so far.
    """

    def __init__(
        self,
        config: TrainingConfig,
        drawer: SampleDrawer,
        cases: list[Case],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self.drawer = drawer
        self.cases = cases
        self.clock = clock
        self.folder = RunFolder(config.run)
        torch.manual_seed(config.seed)
        self.network = first_network(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack this form
        self.average = copy.deepcopy(self.network).eval()
        self.optimiser = torch.optim.AdamW(
            self.parameter_groups(), lr=config.learning_rate, betas=(0.9, 0.99)
        )
        self.samples = 0
        self.schedule = Schedule(float(config.steps) if config.steps else config.minutes * 60)

    def parameter_groups(self) -> list[dict[str, object]]:
        """Weight decay for the convolutions' kernels alone."""
        kernels = [p for p in self.network.parameters() if p.ndim > 1]
        others = [p for p in self.network.parameters() if p.ndim <= 1]
        decay = self.config.weight_decay
        return [
            {"params": kernels, "weight_decay": decay},
            {"params": others, "weight_decay": 0.0},
        ]

    def step(self) -> float:
        """Train on one batch; its loss."""
        rng = np.random.default_rng([self.config.seed, self.schedule.steps])
        stage = self.config.stage(self.schedule.progress)
        samples = [self.drawer.draw(stage.crop_px, rng) for _ in range(stage.batch)]
        self.samples += stage.batch
        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate(self.config.learning_rate)
        rounds = Rounds(self.network, collate(samples), rng)
        is_first = rng.random() < self.config.first_click_share
        loss = (first_click_loss if is_first else later_clicks_loss)(rounds, rng)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch's stubs leave it untyped
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), GREATEST_GRADIENT)
        self.optimiser.step()
        self.update_average()
        return loss.item()

    @torch.no_grad()
    def update_average(self) -> None:
        """Move the average towards the weights; quickly at first."""
        steps = self.schedule.steps
        kept = min(self.config.averaging, (1 + steps) / (10 + steps))
        for mean, weight in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(weight, 1 - kept)

    def save(self) -> None:
        """Write the checkpoint."""
        self.folder.save(
            {
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "schedule": asdict(self.schedule),
                "samples": self.samples,
                "config": asdict(self.config.network),
                "crop_px": self.config.stage(self.schedule.progress).crop_px,
                "final_crop_px": self.config.stages[-1].crop_px,
            }
        )

    def resume(self) -> bool:
        """Go on from the run's checkpoint; False where there is none.

        Raises:
            CheckpointUnreadable: there is one, but it is damaged.
        """
        if not self.folder.checkpoint.exists():
            return False
        state = self.folder.load()
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule = Schedule(**state["schedule"])
        self.samples = state["samples"]
        return True

    def run(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        """Train until the budget is used up or `should_stop` says so, then save and measure."""
        clock = self.clock
        began = saved = measured = clock()
        losses: list[float] = []
        while not self.schedule.is_over and not should_stop():
            losses.append(self.step())
            now = clock()
            self.schedule.advance(1.0 if self.config.steps else now - began)
            began = now
            if self.schedule.steps % REPORT_EVERY_STEPS == 0:
                self.report(losses)
                losses = []
            if now - saved >= self.config.checkpoint_minutes * 60:
                self.save()
                saved = now
            if now - measured >= self.config.validation.every_minutes * 60:
                self.measure()
                measured = clock()
            self.heed_finish_request()
        self.save()
        if self.schedule.is_over:
            self.measure()

    def heed_finish_request(self) -> None:
        """Shorten or lengthen what is left of the run, if somebody asked for it."""
        minutes = self.folder.take_finish_request()
        if minutes is not None and not self.config.steps:
            self.schedule.finish_in(minutes * 60)
            log.info("will end in %.1f minutes, as asked", minutes)

    def report(self, losses: list[float]) -> None:
        """One line in the log."""
        log.info(
            "step %d, %.1f %% of the run, loss %.4f, rate %.2e",
            self.schedule.steps,
            100 * self.schedule.progress,
            np.mean(losses),
            self.schedule.rate(self.config.learning_rate),
        )

    def measure(self) -> None:
        """Measure the averaged weights: a row in the curve, a line in the log, a sheet."""
        if not self.cases:
            return
        found = measure(self.average, self.cases)
        row: dict[str, float] = {"step": self.schedule.steps, "progress": self.schedule.progress}
        row |= {f"miou_{k}": found.mean_iou(k) for k in (1, 3, 5, 10)}
        row["noc_85"] = found.clicks_needed(0.85)
        names = sorted({c.source for c in self.cases})
        for name in names:
            row |= {f"{name}_{k}": found.mean_iou(k, name) for k in (1, 5, 10)}
        self.folder.append_to_curve(row)
        write_sheet(self.folder.path / "sheet.png", self.cases, found)
        log.info(
            "step %d: mIoU@1 %.3f @3 %.3f @5 %.3f @10 %.3f, NoC85 (of at most 10) %.2f; %s",
            self.schedule.steps,
            *(row[f"miou_{k}"] for k in (1, 3, 5, 10)),
            row["noc_85"],
            ", ".join(f"{n} {row[f'{n}_1']:.2f} {row[f'{n}_10']:.2f}" for n in names),
        )


def first_network(config: TrainingConfig) -> LateClicks:
    """The network that a new run starts from: at random, or weights trained before.

    Raises:
        WeightsUnreadable: `start_from` is missing or damaged.
        TrainingConfigInvalid: it holds another network than the one to be trained.
    """
    if config.start_from is None:
        return LateClicks(config.network)
    network, _ = load_weights(config.start_from)
    if not isinstance(network, LateClicks) or network.config != config.network:
        raise TrainingConfigInvalid(
            f"{config.start_from} holds another network than [network] describes. Nothing was "
            "started; describe that network, or leave start_from out."
        )
    return network.train()


def collate(samples: list[Sample]) -> Batch:
    """Samples of one size as a batch, channels last."""
    images = torch.from_numpy(np.stack([s.image for s in samples]))
    return Batch(
        images.to(memory_format=torch.channels_last), np.stack([s.target for s in samples])
    )
