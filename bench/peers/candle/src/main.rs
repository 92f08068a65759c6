//! The reference's job in candle: automatic gradients, and its SGD optimizer.
//!
//! Weights are stored as (inputs, outputs). The gradients of candle's own Linear layer are transposed, which slows down the
//! optimizer.
//!
//! Run as: candle-peer <data folder> <threads> <epochs> <rate> <samples> <batch> <widths>

use std::fs;
use std::io::Write;
use std::time::Instant;

use candle_core::{Device, Result, Tensor, Var, D};
use candle_nn::ops::log_softmax;
use candle_nn::{Optimizer, SGD};

/// Seeded; uniform in [0, 1).
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / 9007199254740992.0
    }

    /// The reference's initial values: uniform in ±1/√inputs.
    fn initial_values(&mut self, shape: &[usize], inputs: usize) -> Result<Var> {
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count)
            .map(|_| ((2.0 * self.uniform() - 1.0) / (inputs as f64).sqrt()) as f32)
            .collect();
        Var::from_vec(values, shape, &Device::Cpu)
    }

    fn shuffle(&mut self, order: &mut [u32]) {
        for i in (1..order.len()).rev() {
            order.swap(i, (self.uniform() * (i + 1) as f64) as usize);
        }
    }
}

/// Rows as (samples, inputs) and labels as (samples, 1).
fn read_data(folder: &str, samples: usize, inputs: usize) -> Result<(Tensor, Tensor)> {
    let values: Vec<f32> = match fs::read(format!("{folder}/train-rows-float32")) {
        Ok(bytes) => bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect(),
        Err(_) => {
            let pixels = fs::read(format!("{folder}/train-images-idx3-ubyte"))?;
            pixels[16..]
                .iter()
                .map(|&pixel| f32::from(pixel) / 255.0)
                .collect()
        }
    };
    let labels = fs::read(format!("{folder}/train-labels-idx1-ubyte"))?;
    let labels: Vec<u32> = labels[8..8 + samples]
        .iter()
        .map(|&label| u32::from(label))
        .collect();
    let rows = Tensor::from_slice(&values[..samples * inputs], (samples, inputs), &Device::Cpu)?;
    Ok((rows, Tensor::from_vec(labels, (samples, 1), &Device::Cpu)?))
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |i: usize| arguments[i].parse::<usize>().expect("a whole number");
    let (epochs, samples, batch) = (number(3), number(5), number(6));
    let rate: f64 = arguments[4].parse().expect("a number");
    let widths: Vec<usize> = arguments[7]
        .split('-')
        .map(|width| width.parse().expect("a width"))
        .collect();

    let (rows, labels) = read_data(&arguments[1], samples, widths[0])?;
    let mut random = Random(1);
    let mut parameters = Vec::new();
    let mut layers = Vec::new();
    for pair in widths.windows(2) {
        let weight = random.initial_values(&[pair[0], pair[1]], pair[0])?;
        let bias = random.initial_values(&[pair[1]], pair[0])?;
        layers.push((weight.as_tensor().clone(), bias.as_tensor().clone()));
        parameters.extend([weight, bias]);
    }
    let mut optimizer = SGD::new(parameters, rate)?;
    let mut order: Vec<u32> = (0..samples as u32).collect();
    say("{\"event\":\"ready\"}");

    for epoch in 1..=epochs {
        random.shuffle(&mut order);
        let start = Instant::now();
        let mut total = 0.0;
        for slots in order.chunks_exact(batch) {
            let slots = Tensor::new(slots, &Device::Cpu)?;
            let mut activations = rows.index_select(&slots, 0)?;
            for (i, (weight, bias)) in layers.iter().enumerate() {
                activations = activations.matmul(weight)?.broadcast_add(bias)?;
                if i + 1 < layers.len() {
                    activations = activations.relu()?;
                }
            }
            let targets = labels.index_select(&slots, 0)?;
            let loss = log_softmax(&activations, D::Minus1)?
                .gather(&targets, D::Minus1)?
                .sum_all()?
                .neg()?;
            optimizer.backward_step(&loss)?;
            total += f64::from(loss.to_scalar::<f32>()?);
        }
        let (loss, seconds) = (total / samples as f64, start.elapsed().as_secs_f64());
        say(&format!(
            "{{\"epoch\":{epoch},\"train_loss\":{loss},\"seconds\":{seconds}}}"
        ));
    }
    Ok(())
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("stdout");
}
